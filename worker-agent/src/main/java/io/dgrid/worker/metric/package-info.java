/** Names of this worker's metrics; nothing else registers meters. */
@NullMarked
package io.dgrid.worker.metric;

import org.jspecify.annotations.NullMarked;
