package io.dgrid.core.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Secp256k1Test {
  private final Secp256k1 library = new NativeSecp256k1();
  private final Secp256k1 plain = new BouncyCastleSecp256k1();

  @Test
  void nativeAndPlainJavaAgreeOnEverything() {
    Random random = new Random(256);
    for (int i = 0; i < 100; i++) {
      byte[] key = new byte[32];
      random.nextBytes(key);
      Hash digest =
          new Hash(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
      Address own = library.address(key);
      Signature signature = library.sign(digest, key, own);

      assertThat(plain.address(key)).isEqualTo(own);
      assertThat(plain.sign(digest, key, own)).isEqualTo(signature);
      assertThat(plain.recover(digest, signature)).isEqualTo(library.recover(digest, signature));
      assertThat(library.recover(digest, signature)).contains(own);
    }
  }

  @Test
  void bothTreatNonsenseSignaturesAlike() {
    Random random = new Random(99);
    for (int i = 0; i < 200; i++) {
      Hash r = new Hash(random.nextLong(), 1, 2, random.nextLong());
      Hash s = new Hash(random.nextLong() >>> 1, 1, 2, random.nextLong());
      Signature signature = new Signature(r, s, 27 + random.nextInt(2));
      Hash digest = new Hash(random.nextLong(), 3, 4, 5);
      assertThat(plain.recover(digest, signature)).isEqualTo(library.recover(digest, signature));
    }
  }

  /** First account of the mnemonic that every development node knows. */
  @Test
  void knownKeyHasItsKnownChecksummedAddress() {
    SigningKey key =
        SigningKey.of(
            Hex.decode("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
    assertThat(key.address()).hasToString("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  }

  @Test
  void onlyCanonicalSignaturesExist() {
    SigningKey key = SigningKey.random();
    Signature good = key.sign(new Hash(1, 2, 3, 4));
    assertThat(Signature.of(good.toBytes())).isEqualTo(good);

    byte[] wrongV = good.toBytes();
    wrongV[64] = 0;
    assertThatThrownBy(() -> Signature.of(wrongV)).hasMessageContaining("v must be 27 or 28");

    byte[] highS = good.toBytes();
    highS[32] = (byte) 0xff;
    assertThatThrownBy(() -> Signature.of(highS)).hasMessageContaining("not canonical");
    assertThatThrownBy(() -> Signature.of(new byte[64])).hasMessageContaining("65-byte");
  }

  @Test
  void privateKeysOutsideTheGroupAreRefused() {
    byte[] order = Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    for (byte[] key : new byte[][] {new byte[32], order, new byte[31]}) {
      assertThat(library.isValidPrivateKey(key)).isFalse();
      assertThat(plain.isValidPrivateKey(key)).isFalse();
      assertThatThrownBy(() -> SigningKey.of(key)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void keyFilesArePrivateAndNeverShowTheirContent(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("keys/node.key");
    SigningKey key = SigningKey.readOrCreate(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(SigningKey.readOrCreate(file).address()).isEqualTo(key.address());
    assertThat(key.toString()).doesNotContain(Files.readString(file).strip().substring(2));

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> SigningKey.read(file)).hasMessageContaining("chmod 600");

    Path broken = dir.resolve("broken.key");
    Files.createFile(
        broken, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(broken, "deadbeef-secret");
    assertThatThrownBy(() -> SigningKey.read(broken))
        .hasMessageContaining("64 hex digits")
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }
}
