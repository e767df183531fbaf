/**
 * The client's side of the protocol: sign a question, follow its answer over broken connections,
 * check what was billed, confirm it with vouchers. Knows nothing of terminals.
 */
@NullMarked
package io.dgrid.cli.client;

import org.jspecify.annotations.NullMarked;
