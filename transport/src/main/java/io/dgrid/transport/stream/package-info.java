/** The one outbox in front of every gRPC stream: bounded, and as fast as its reader. */
@NullMarked
package io.dgrid.transport.stream;

import org.jspecify.annotations.NullMarked;
