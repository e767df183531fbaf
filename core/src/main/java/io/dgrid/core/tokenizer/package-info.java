/**
 * Text to token ids and back, for anyone who must agree on them without loading weights: byte-level
 * BPE, the chat layout, and the rules that turn output tokens into text (whole UTF-8 characters,
 * stop strings). No sampling and no model here.
 */
@NullMarked
package io.dgrid.core.tokenizer;

import org.jspecify.annotations.NullMarked;
