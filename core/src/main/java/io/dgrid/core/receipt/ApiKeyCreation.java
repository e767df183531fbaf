package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/** A client's wish for an API key. */
public record ApiKeyCreation(
    Address client, String label, TokenAmount spendCap, long expiry, long nonce, long validBefore)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "CreateApiKey(address client,string label,uint128 spendCap,uint64 expiry,uint64 nonce,uint64 validBefore)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 6)
        .address(client)
        .string(label)
        .uint(spendCap.units())
        .uint(expiry)
        .uint(nonce)
        .uint(validBefore);
  }
}
