package io.dgrid.core.identity;

/** Typed id: the digest of the signed request. */
public record JobId(Hash hash) {

  /**
   * @throws IllegalArgumentException unless there are exactly 32 bytes
   */
  public static JobId of(byte[] bytes) {
    return new JobId(Hash.of(bytes));
  }

  /**
   * @throws IllegalArgumentException unless the text is 64 hex digits, {@code 0x} optional
   */
  public static JobId fromHex(String hex) {
    return new JobId(Hash.fromHex(hex));
  }

  public byte[] toBytes() {
    return hash.toBytes();
  }

  @Override
  public String toString() {
    return hash.toString();
  }
}
