/**
 * Child processes: starting, readiness, supervision, and the promise that none is left behind.
 * Knows nothing of DGrid.
 */
@NullMarked
package io.dgrid.local.process;

import org.jspecify.annotations.NullMarked;
