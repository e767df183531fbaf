/**
 * The life of one job as a pure state machine: commands in, a new state and effects out. No clock,
 * no thread, no wire format and no log may live here.
 */
@NullMarked
package io.dgrid.scheduler.job;

import org.jspecify.annotations.NullMarked;
