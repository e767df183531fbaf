/** Wire to domain and back: the only place that knows both. */
@NullMarked
package io.dgrid.transport.codec;

import org.jspecify.annotations.NullMarked;
