/** The EVM node of the local network and what is set up on it before services start. */
@NullMarked
package io.dgrid.local.chain;

import org.jspecify.annotations.NullMarked;
