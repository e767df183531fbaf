/** The bytes of closed batches, content-addressed. */
@NullMarked
package io.dgrid.settlement.availability;

import org.jspecify.annotations.NullMarked;
