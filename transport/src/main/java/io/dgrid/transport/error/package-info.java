/** Coded failures as gRPC status and back; internal text never leaves a process. */
@NullMarked
package io.dgrid.transport.error;

import org.jspecify.annotations.NullMarked;
