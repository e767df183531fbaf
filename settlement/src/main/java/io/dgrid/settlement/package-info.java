/** Settings and clock of the settlement service; each feature has its own package. */
@NullMarked
package io.dgrid.settlement;

import org.jspecify.annotations.NullMarked;
