package io.dgrid.core.identity;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;

/** The curve in plain Java, for platforms without the native library. */
final class BouncyCastleSecp256k1 implements Secp256k1 {
  private static final X9ECParameters PARAMETERS = SECNamedCurves.getByName("secp256k1");
  private static final ECDomainParameters CURVE =
      new ECDomainParameters(
          PARAMETERS.getCurve(), PARAMETERS.getG(), PARAMETERS.getN(), PARAMETERS.getH());

  @Override
  public Signature sign(Hash digest, byte[] privateKey, Address own) {
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    signer.init(true, new ECPrivateKeyParameters(new BigInteger(1, privateKey), CURVE));
    BigInteger[] rs = signer.generateSignature(digest.toBytes());
    byte[] bytes = new byte[64];
    System.arraycopy(Signature.word(rs[0]).toBytes(), 0, bytes, 0, 32);
    System.arraycopy(Signature.word(rs[1]).toBytes(), 0, bytes, 32, 32);
    for (int recovery = 0; recovery < 2; recovery++) {
      Signature candidate = Signature.normalized(bytes, recovery);
      if (recover(digest, candidate).filter(own::equals).isPresent()) {
        return candidate;
      }
    }
    throw new IllegalStateException("no recovery id fits");
  }

  /** SEC 1, section 4.1.6, for the two recovery ids that x below the order allows. */
  @Override
  public Optional<Address> recover(Hash digest, Signature signature) {
    BigInteger n = CURVE.getN();
    BigInteger r = new BigInteger(1, signature.r().toBytes());
    BigInteger s = new BigInteger(1, signature.s().toBytes());
    byte[] compressed = new byte[33];
    compressed[0] = (byte) (2 + signature.v() - 27);
    System.arraycopy(signature.r().toBytes(), 0, compressed, 1, 32);
    ECPoint point;
    try {
      point = CURVE.getCurve().decodePoint(compressed);
    } catch (IllegalArgumentException notOnCurve) {
      return Optional.empty();
    }
    BigInteger inverse = r.modInverse(n);
    BigInteger e = new BigInteger(1, digest.toBytes());
    BigInteger u1 = inverse.multiply(e).mod(n).negate().mod(n);
    BigInteger u2 = inverse.multiply(s).mod(n);
    ECPoint key = ECAlgorithms.sumOfTwoMultiplies(CURVE.getG(), u1, point, u2).normalize();
    return key.isInfinity()
        ? Optional.empty()
        : Optional.of(NativeSecp256k1.addressOf(key.getEncoded(false)));
  }

  @Override
  public Address address(byte[] privateKey) {
    ECPoint key =
        new FixedPointCombMultiplier()
            .multiply(CURVE.getG(), new BigInteger(1, privateKey))
            .normalize();
    return NativeSecp256k1.addressOf(key.getEncoded(false));
  }

  @Override
  public boolean isValidPrivateKey(byte[] privateKey) {
    if (privateKey.length != 32 || Arrays.equals(privateKey, new byte[32])) {
      return false;
    }
    return new BigInteger(1, privateKey).compareTo(CURVE.getN()) < 0;
  }
}
