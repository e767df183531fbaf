/**
 * Re-execution of sampled receipts: ask the node to open, check the opening, have independent
 * verifiers score it. What the numbers mean is decided in {@code compare}.
 */
@NullMarked
package io.dgrid.oracle.replay;

import org.jspecify.annotations.NullMarked;
