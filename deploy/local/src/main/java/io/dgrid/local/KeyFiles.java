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
import java.util.function.Supplier;

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
    secret(
        "internal.token",
        () -> {
          byte[] secret = new byte[32];
          new SecureRandom().nextBytes(secret);
          return HexFormat.of().formatHex(secret);
        });
    return folder.resolve("internal.token");
  }

  /** The client's API key: an edge shows it once, so it is kept here over restarts. */
  String apiKey(Supplier<String> issue) {
    return secret("api.key", issue);
  }

  private synchronized String secret(String name, Supplier<String> make) {
    Path file = folder.resolve(name);
    try {
      if (Files.exists(file)) {
        return Files.readString(file, StandardCharsets.US_ASCII);
      }
      String secret = make.get();
      Files.createDirectories(folder);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, secret, StandardCharsets.US_ASCII);
      return secret;
    } catch (IOException e) {
      throw failed(name, e);
    }
  }

  synchronized SigningKey key(String party) {
    try {
      return SigningKey.readOrCreate(folder.resolve(party + ".key"));
    } catch (IOException e) {
      throw failed(party, e);
    }
  }

  private static LocalNetworkException failed(String what, IOException e) {
    return new LocalNetworkException(
        Code.DATA_DIRECTORY, "secret of " + what + ": " + e.getMessage(), e);
  }
}
