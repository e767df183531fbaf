/**
 * The trace of one job across all services. Streams carry many jobs, so its context travels with
 * each job as a W3C {@code traceparent}, in messages and record headers, never with a call.
 */
@NullMarked
package io.dgrid.transport.trace;

import org.jspecify.annotations.NullMarked;
