/** Evidence of finished jobs, fetched from settlement. */
@NullMarked
package io.dgrid.edge.proof;

import org.jspecify.annotations.NullMarked;
