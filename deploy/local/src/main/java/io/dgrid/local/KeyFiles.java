package io.dgrid.local;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The secrets of a network, one file each below {@code keys}, made when first asked for, readable
 * by the owner only.
 */
public final class KeyFiles {
  private final Path folder;

  KeyFiles(Path data) {
    this.folder = data.resolve("keys");
  }

  /** Where a party's private key is: 64 hex digits. */
  public Path file(String party) {
    key(party);
    return folder.resolve(party + ".key");
  }

  public Address address(String party) {
    return key(party).address();
  }

  /** The private key as the chain library takes it. */
  String hex(String party) {
    try {
      return Files.readString(file(party), StandardCharsets.US_ASCII).strip();
    } catch (IOException e) {
      throw failed(party, e);
    }
  }

  /** The secret the network's own services show each other. */
  Path internalToken() {
    Path file = folder.resolve("internal.token");
    try {
      if (!Files.exists(file)) {
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        Files.createDirectories(folder);
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HexFormat.of().formatHex(secret), StandardCharsets.US_ASCII);
      }
      return file;
    } catch (IOException e) {
      throw failed("internal token", e);
    }
  }

  private synchronized SigningKey key(String party) {
    try {
      return SigningKey.readOrCreate(folder.resolve(party + ".key"));
    } catch (IOException e) {
      throw failed(party, e);
    }
  }

  private static LocalNetworkException failed(String what, IOException e) {
    return new LocalNetworkException(
        Code.DATA_DIRECTORY, "key of " + what + ": " + e.getMessage(), e);
  }
}
