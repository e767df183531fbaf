/**
 * Streams to the edges. What an edge still needs is derived from the job itself, so a broken stream
 * or a slow edge queues nothing here.
 */
@NullMarked
package io.dgrid.scheduler.relay;

import org.jspecify.annotations.NullMarked;
