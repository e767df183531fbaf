package io.dgrid.core.identity;

/** Typed id: the struct hash of the model manifest. */
public record ModelId(Hash hash) {

  /**
   * @throws IllegalArgumentException unless there are exactly 32 bytes
   */
  public static ModelId of(byte[] bytes) {
    return new ModelId(Hash.of(bytes));
  }

  /**
   * @throws IllegalArgumentException unless the text is 64 hex digits, {@code 0x} optional
   */
  public static ModelId fromHex(String hex) {
    return new ModelId(Hash.fromHex(hex));
  }

  public byte[] toBytes() {
    return hash.toBytes();
  }

  @Override
  public String toString() {
    return hash.toString();
  }
}
