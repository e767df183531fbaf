/**
 * How much one party may ask of this edge, and whose turn it is. Knows addresses and accounts, not
 * what is asked; {@link io.dgrid.edge.limit.TokenBucket} and {@link io.dgrid.edge.limit.FairQueue}
 * are pure.
 */
@NullMarked
package io.dgrid.edge.limit;

import org.jspecify.annotations.NullMarked;
