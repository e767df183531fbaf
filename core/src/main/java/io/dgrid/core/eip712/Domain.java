package io.dgrid.core.eip712;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;

/**
 * The signing domain: one chain and one Settlement contract. A signature made for one deployment is
 * worthless in any other.
 */
public record Domain(long chainId, Address settlement, Hash separator) {
  private static final Hash TYPE =
      StructType.hashOf(
          "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
  private static final Hash NAME = StructType.hashOf("DGrid");
  private static final Hash VERSION = StructType.hashOf("1");

  public Domain {
    if (chainId <= 0) {
      throw new IllegalArgumentException("chain id must be positive");
    }
  }

  public Domain(long chainId, Address settlement) {
    this(
        chainId,
        settlement,
        new StructEncoder(TYPE, 4)
            .word(NAME)
            .word(VERSION)
            .uint(chainId)
            .address(settlement)
            .hash());
  }

  /** {@code keccak(0x19 0x01 ‖ separator ‖ structHash)}. */
  public Hash digest(Hash structHash) {
    byte[] prefix = {0x19, 0x01};
    return Keccak.hash(prefix, separator.toBytes(), structHash.toBytes());
  }
}
