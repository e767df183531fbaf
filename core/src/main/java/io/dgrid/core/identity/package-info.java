/** Who signs: addresses, hashes, typed ids, keys and signatures on secp256k1. */
@NullMarked
package io.dgrid.core.identity;

import org.jspecify.annotations.NullMarked;
