package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import java.math.BigInteger;

/**
 * A signed transaction, kept before it is sent.
 *
 * @param maxFee wei per gas
 * @param maxPriorityFee wei per gas
 * @param signedAt Unix milliseconds
 */
public record SignedCall(
    long nonce,
    byte[] raw,
    Hash hash,
    BigInteger maxFee,
    BigInteger maxPriorityFee,
    long signedAt) {}
