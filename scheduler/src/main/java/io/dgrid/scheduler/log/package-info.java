/**
 * The Kafka adapter. Plain clients, because ownership follows the partition: replay before the
 * first submission, commits below the lowest live job, pauses and seeks are the consumer's own
 * calls, which a messaging layer hides. Nothing here knows what a job is, beyond its records.
 */
@NullMarked
package io.dgrid.scheduler.log;

import org.jspecify.annotations.NullMarked;
