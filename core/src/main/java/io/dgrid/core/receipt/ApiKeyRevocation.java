package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;

/** A client's end of an API key. */
public record ApiKeyRevocation(Address client, Hash keyId, long nonce, long validBefore)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "RevokeApiKey(address client,bytes32 keyId,uint64 nonce,uint64 validBefore)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 4).address(client).word(keyId).uint(nonce).uint(validBefore);
  }
}
