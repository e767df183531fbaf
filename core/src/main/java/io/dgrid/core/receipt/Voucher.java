package io.dgrid.core.receipt;

import io.dgrid.core.eip712.StructEncoder;
import io.dgrid.core.eip712.StructType;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;

/** A client's running total for one node; only the newest per epoch matters. */
public record Voucher(
    Address client,
    Address node,
    long channelEpoch,
    TokenAmount cumulativeAmount,
    long receiptCount,
    Hash receiptsRoot,
    long validBefore)
    implements Statement {
  private static final Hash TYPE =
      StructType.hashOf(
          "Voucher(address client,address node,uint64 channelEpoch,uint128 cumulativeAmount,uint64 receiptCount,bytes32 receiptsRoot,uint64 validBefore)");

  /** One step of the hash chain that {@code receiptsRoot} is. */
  public static Hash extend(Hash root, ReceiptHash receipt) {
    return Keccak.hash(root.toBytes(), receipt.toBytes());
  }

  @Override
  public Hash structHash() {
    return encoder().hash();
  }

  private StructEncoder encoder() {
    return new StructEncoder(TYPE, 7)
        .address(client)
        .address(node)
        .uint(channelEpoch)
        .uint(cumulativeAmount.units())
        .uint(receiptCount)
        .word(receiptsRoot)
        .uint(validBefore);
  }
}
