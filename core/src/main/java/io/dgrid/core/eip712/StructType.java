package io.dgrid.core.eip712;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import java.nio.charset.StandardCharsets;

/** Hashes of type strings and of {@code string} members. */
public final class StructType {
  private StructType() {}

  public static Hash hashOf(String utf8) {
    return Keccak.hash(utf8.getBytes(StandardCharsets.UTF_8));
  }
}
