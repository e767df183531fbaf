/**
 * The owner of all live jobs: one thread that hands every message to the pure cores and their
 * effects to the adapters. Nothing here blocks; whatever waits (log, streams) reports back as a new
 * message. Jobs belong to the Kafka partition they came from and are taken and released with it, so
 * that several schedulers can share the topics.
 */
@NullMarked
package io.dgrid.scheduler.dispatch;

import org.jspecify.annotations.NullMarked;
