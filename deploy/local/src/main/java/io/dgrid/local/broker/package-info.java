/** The embedded Kafka broker and the topics of the protocol. */
@NullMarked
package io.dgrid.local.broker;

import org.jspecify.annotations.NullMarked;
