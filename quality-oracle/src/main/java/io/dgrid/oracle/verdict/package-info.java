/**
 * Signed verdicts: stored first, then published from the store, so that a crash repeats and never
 * loses.
 */
@NullMarked
package io.dgrid.oracle.verdict;

import org.jspecify.annotations.NullMarked;
