package io.dgrid.core.eip712;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import java.math.BigInteger;
import java.nio.ByteBuffer;

/**
 * {@code encodeData} of EIP-712 for structs of atomic members and strings: the type hash, then one
 * 32-byte word per member.
 */
public final class StructEncoder {
  private final ByteBuffer out;

  public StructEncoder(Hash typeHash, int members) {
    out = ByteBuffer.allocate(Hash.BYTES * (members + 1));
    word(typeHash);
  }

  public StructEncoder word(Hash value) {
    out.putLong(value.a()).putLong(value.b()).putLong(value.c()).putLong(value.d());
    return this;
  }

  public StructEncoder address(Address value) {
    out.putInt(0).putLong(0).put(value.toBytes());
    return this;
  }

  /** Any unsigned type up to 64 bits; the long is taken as unsigned. */
  public StructEncoder uint(long value) {
    out.putLong(0).putLong(0).putLong(0).putLong(value);
    return this;
  }

  /** Unsigned, at most 256 bits. */
  public StructEncoder uint(BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 256) {
      throw new IllegalArgumentException("not a uint256");
    }
    byte[] raw = value.toByteArray();
    int skip = raw.length > Hash.BYTES ? 1 : 0;
    out.put(new byte[Hash.BYTES - (raw.length - skip)]).put(raw, skip, raw.length - skip);
    return this;
  }

  public StructEncoder string(String value) {
    return word(StructType.hashOf(value));
  }

  /** The struct hash. */
  public Hash hash() {
    if (out.hasRemaining()) {
      throw new IllegalStateException("members missing: " + out.remaining() / Hash.BYTES);
    }
    return Keccak.hash(out.array());
  }

  /** The member words without the type hash, as {@code abi.encode} of the struct. */
  public byte[] members() {
    byte[] all = out.array();
    return java.util.Arrays.copyOfRange(all, Hash.BYTES, all.length);
  }
}
