package io.dgrid.core.identity;

/** Typed id: the digest of a receipt. */
public record ReceiptHash(Hash hash) {

  /**
   * @throws IllegalArgumentException unless there are exactly 32 bytes
   */
  public static ReceiptHash of(byte[] bytes) {
    return new ReceiptHash(Hash.of(bytes));
  }

  /**
   * @throws IllegalArgumentException unless the text is 64 hex digits, {@code 0x} optional
   */
  public static ReceiptHash fromHex(String hex) {
    return new ReceiptHash(Hash.fromHex(hex));
  }

  public byte[] toBytes() {
    return hash.toBytes();
  }

  @Override
  public String toString() {
    return hash.toString();
  }
}
