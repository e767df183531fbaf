/**
 * Clients' credit in double entry, mirrored from final chain facts. Nothing here knows why money
 * moves.
 */
@NullMarked
package io.dgrid.edge.ledger;

import org.jspecify.annotations.NullMarked;
