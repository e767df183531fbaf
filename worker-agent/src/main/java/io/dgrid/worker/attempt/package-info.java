/**
 * Attempts from assignment to acknowledged result: lease clock, flow window, output in positions.
 * Knows the engine's border and the receipt issuer, not the stream to the scheduler.
 */
@NullMarked
package io.dgrid.worker.attempt;

import org.jspecify.annotations.NullMarked;
