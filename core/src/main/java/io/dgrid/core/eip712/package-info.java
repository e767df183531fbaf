/** Typed-data hashing (EIP-712) by hand: fixed words, no reflection, no JSON. */
@NullMarked
package io.dgrid.core.eip712;

import org.jspecify.annotations.NullMarked;
