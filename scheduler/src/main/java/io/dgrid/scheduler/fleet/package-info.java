/** What edges and the oracle ask about books, nodes and jobs. Translates; decides nothing. */
@NullMarked
package io.dgrid.scheduler.fleet;

import org.jspecify.annotations.NullMarked;
