/** The standing, expiring ask of this node. */
@NullMarked
package io.dgrid.worker.offer;

import org.jspecify.annotations.NullMarked;
