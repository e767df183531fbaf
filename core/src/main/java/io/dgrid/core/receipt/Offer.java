package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;

/** A node's standing, expiring ask. */
public record Offer(
    Address node, ModelId modelId, Price inputPrice, Price outputPrice, int slots, long validUntil)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "Offer(address node,bytes32 modelId,uint128 inputPrice,uint128 outputPrice,uint32 slots,uint64 validUntil)");

  public Offer {
    if (slots < 1) {
      throw new IllegalArgumentException("an offer needs at least one slot");
    }
  }

  public Pricing pricing() {
    return new Pricing(inputPrice, outputPrice);
  }

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 6)
        .address(node)
        .word(modelId.hash())
        .uint(inputPrice.unitsPerMillion())
        .uint(outputPrice.unitsPerMillion())
        .uint(slots)
        .uint(validUntil);
  }
}
