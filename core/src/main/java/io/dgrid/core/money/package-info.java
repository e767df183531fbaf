/** Amounts and prices. Nothing here knows who pays whom. */
@NullMarked
package io.dgrid.core.money;

import org.jspecify.annotations.NullMarked;
