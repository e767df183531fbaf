/**
 * An engine behind HTTP: any server of OpenAI's shape that says token ids and logprobs. Everything
 * it answers is treated as hostile until checked.
 */
@NullMarked
package io.dgrid.worker.engine.openai;

import org.jspecify.annotations.NullMarked;
