/** Models, offers and prices as anyone may see them. */
@NullMarked
package io.dgrid.edge.market;

import org.jspecify.annotations.NullMarked;
