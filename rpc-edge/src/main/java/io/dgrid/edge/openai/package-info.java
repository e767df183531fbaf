/** The OpenAI-shaped HTTP API: same jobs, other words. */
@NullMarked
package io.dgrid.edge.openai;

import org.jspecify.annotations.NullMarked;
