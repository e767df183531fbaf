package io.dgrid.oracle.sample;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret that decides an epoch's samples. Its commitment is fixed before the epoch's first
 * receipt and the secret shown after its last one, so nobody can predict a sample and everybody can
 * recompute it. Keep it out of logs.
 *
 * @param epoch number of the epoch: Unix time divided by the epoch's length
 */
public record EpochSecret(long epoch, Hash secret) {
  private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);

  public static EpochSecret draw(long epoch, SecureRandom random) {
    byte[] secret = new byte[Hash.BYTES];
    random.nextBytes(secret);
    return new EpochSecret(epoch, Hash.of(secret));
  }

  /** What is made public beforehand: {@code keccak(secret)}. */
  public Hash commitment() {
    return Keccak.hash(secret.toBytes());
  }

  /**
   * Whether a receipt is replayed: {@code HMAC-SHA256(secret, receiptHash) < rate · 2^256}.
   *
   * @param rateMicros 0 to 1 000 000
   */
  public boolean picks(ReceiptHash receipt, int rateMicros) {
    // 2^256 · rate compared without rounding: multiply the draw instead of dividing the bound.
    BigInteger draw = new BigInteger(1, hmac(receipt.toBytes())).multiply(MILLION);
    return draw.compareTo(BigInteger.valueOf(rateMicros).shiftLeft(256)) < 0;
  }

  private byte[] hmac(byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.toBytes(), "HmacSHA256"));
      return mac.doFinal(message);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has HmacSHA256", e);
    }
  }

  @Override
  public String toString() {
    return "EpochSecret[" + epoch + "]";
  }
}
