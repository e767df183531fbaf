/** Commitments to the tokens of an answer, comparable on re-execution. */
@NullMarked
package io.dgrid.core.fingerprint;

import org.jspecify.annotations.NullMarked;
