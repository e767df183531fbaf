/** The one failure type and its stable codes. */
@NullMarked
package io.dgrid.core.error;

import org.jspecify.annotations.NullMarked;
