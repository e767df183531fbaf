package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;

/** A worker's proof that it holds its node's key, over a fresh challenge. */
public record SessionProof(Address node, Hash challenge, String worker) implements Statement {
  private static final Hash TYPE =
      StructType.hashOf("Session(address node,bytes32 challenge,string worker)");

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 3).address(node).word(challenge).string(worker);
  }
}
