/**
 * The few questions a verifier asks the chain, by hand over JSON-RPC: nothing to trust but the
 * endpoint.
 */
@NullMarked
package io.dgrid.cli.chain;

import org.jspecify.annotations.NullMarked;
