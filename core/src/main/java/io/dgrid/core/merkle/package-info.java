/** Merkle trees as OpenZeppelin's MerkleProof checks them on chain. */
@NullMarked
package io.dgrid.core.merkle;

import org.jspecify.annotations.NullMarked;
