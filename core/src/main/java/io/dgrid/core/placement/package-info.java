/** Where a job is in the log, which is who owns it. */
@NullMarked
package io.dgrid.core.placement;

import org.jspecify.annotations.NullMarked;
