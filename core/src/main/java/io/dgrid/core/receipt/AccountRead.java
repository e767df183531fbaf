package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;

/** Proof that the caller may read an account until the given time. */
public record AccountRead(Address client, long validBefore) implements Statement {
  private static final Hash TYPE =
      StructType.hashOf("ReadAccount(address client,uint64 validBefore)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 2).address(client).uint(validBefore);
  }
}
