package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/** A client's permission for another key to spend. A zero scope covers every model. */
public record KeyGrant(Address client, Address key, TokenAmount spendCap, long expiry, Hash scope)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "KeyGrant(address client,address key,uint128 spendCap,uint64 expiry,bytes32 scope)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 5)
        .address(client)
        .address(key)
        .uint(spendCap.units())
        .uint(expiry)
        .word(scope);
  }
}
