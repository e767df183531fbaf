package io.dgrid.core.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;

/** A private key held in memory. Never printed; its file must be readable by its owner only. */
public final class SigningKey implements Signer {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] secret;
  private final Address address;

  private SigningKey(byte[] secret) {
    this.secret = secret;
    this.address = Secp256k1.instance().address(secret);
  }

  /**
   * @throws IllegalArgumentException unless there are 32 bytes in 1..n−1
   */
  public static SigningKey of(byte[] secret) {
    if (!Secp256k1.instance().isValidPrivateKey(secret)) {
      throw new IllegalArgumentException("not a secp256k1 private key");
    }
    return new SigningKey(secret.clone());
  }

  public static SigningKey random() {
    byte[] secret = new byte[32];
    do {
      RANDOM.nextBytes(secret);
    } while (!Secp256k1.instance().isValidPrivateKey(secret));
    return new SigningKey(secret);
  }

  /**
   * Reads a file of 64 hex digits ({@code 0x} and a final line break allowed).
   *
   * @throws IOException when it cannot be read, is open to group or others, or holds no key
   */
  public static SigningKey read(Path file) throws IOException {
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.stream().anyMatch(p -> !p.name().startsWith("OWNER_"))) {
        throw new IOException("key file " + file + " is open to others: run chmod 600 on it");
      }
    }
    try {
      return of(Hex.decode(Files.readString(file, StandardCharsets.US_ASCII).strip()));
    } catch (IllegalArgumentException broken) {
      // The cause may quote key material, so it is dropped.
      throw new IOException("key file " + file + " does not hold a private key (64 hex digits)");
    }
  }

  /** Reads the file, or makes a new key and writes it there with mode 600. */
  public static SigningKey readOrCreate(Path file) throws IOException {
    if (Files.exists(file)) {
      return read(file);
    }
    SigningKey key = random();
    key.write(file);
    return key;
  }

  /**
   * Writes a new file with mode 600.
   *
   * @throws IOException also when the file exists
   */
  public void write(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (Files.getFileStore(file.toAbsolutePath().getParent()).supportsFileAttributeView("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
    Files.writeString(
        file,
        Hex.encode(secret) + "\n",
        StandardCharsets.US_ASCII,
        StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public Signature sign(Hash digest) {
    return Secp256k1.instance().sign(digest, secret, address);
  }

  @Override
  public String toString() {
    return "SigningKey[" + address + "]";
  }
}
