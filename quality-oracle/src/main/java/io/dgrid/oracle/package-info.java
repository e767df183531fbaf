/** The oracle's settings. Features live below; this package may not grow logic. */
@NullMarked
package io.dgrid.oracle;

import org.jspecify.annotations.NullMarked;
