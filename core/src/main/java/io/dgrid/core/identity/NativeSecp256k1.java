package io.dgrid.core.identity;

import java.util.Arrays;
import java.util.Optional;

/** libsecp256k1 through JNI. */
final class NativeSecp256k1 implements Secp256k1 {
  private final fr.acinq.secp256k1.Secp256k1 library = fr.acinq.secp256k1.Secp256k1.get();

  @Override
  public Signature sign(Hash digest, byte[] privateKey, Address own) {
    byte[] message = digest.toBytes();
    byte[] rs = library.sign(message, privateKey, null);
    int recovery = addressOf(library.ecdsaRecover(rs, message, 0)).equals(own) ? 0 : 1;
    return Signature.normalized(rs, recovery);
  }

  @Override
  public Optional<Address> recover(Hash digest, Signature signature) {
    try {
      return Optional.of(
          addressOf(library.ecdsaRecover(signature.rs(), digest.toBytes(), signature.v() - 27)));
    } catch (RuntimeException noSuchKey) {
      return Optional.empty();
    }
  }

  @Override
  public Address address(byte[] privateKey) {
    return addressOf(library.pubkeyCreate(privateKey));
  }

  @Override
  public boolean isValidPrivateKey(byte[] privateKey) {
    return privateKey.length == 32 && library.secKeyVerify(privateKey);
  }

  /** Last 20 bytes of the hash of the uncompressed key without its 0x04 prefix. */
  static Address addressOf(byte[] uncompressed) {
    byte[] hash = Keccak.hash(Arrays.copyOfRange(uncompressed, 1, 65)).toBytes();
    return Address.of(Arrays.copyOfRange(hash, 12, 32));
  }
}
