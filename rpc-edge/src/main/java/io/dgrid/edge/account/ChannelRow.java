package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Voucher;
import jakarta.persistence.Column;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The running total of one client for one node, as far as vouchers go. */
@Entity
@Table(name = "channel")
class ChannelRow {
  /** A receipt that a voucher may add. */
  record Item(ReceiptHash hash, TokenAmount amount) {}

  @EmbeddedId ChannelKey id;

  long epoch = 1;

  @Column(nullable = false)
  BigInteger cumulative = BigInteger.ZERO;

  @Column(nullable = false)
  long receipts;

  @Column(nullable = false)
  String root = Hash.ZERO.toString();

  /** The newest voucher as it travels. */
  byte @Nullable [] newest;

  static ChannelRow open(Address client, Address node) {
    ChannelRow row = new ChannelRow();
    row.id = new ChannelKey(client.toString(), node.toString());
    return row;
  }

  /** The one voucher that extends this channel by these receipts in this order. */
  Voucher next(List<Item> added, long validBefore) {
    TokenAmount total = new TokenAmount(cumulative);
    Hash chain = Hash.fromHex(root);
    for (Item item : added) {
      total = total.plus(item.amount());
      chain = Voucher.extend(chain, item.hash());
    }
    return new Voucher(
        Address.fromHex(id.client()),
        Address.fromHex(id.node()),
        epoch,
        total,
        receipts + added.size(),
        chain,
        validBefore);
  }

  /** Throws VOUCHER_STALE unless the voucher is exactly the next one. */
  void requireNext(Voucher offered, Hash previousRoot, List<Item> added) {
    Voucher expected = next(added, offered.validBefore());
    if (!offered.equals(expected) || !previousRoot.equals(Hash.fromHex(root))) {
      throw stale("the voucher does not extend the channel by exactly the named receipts");
    }
  }

  DGridException stale(String message) {
    return new DGridException(
        ErrorCode.VOUCHER_STALE,
        message,
        Map.of(
            "cumulative", cumulative.toString(),
            "count", Long.toString(receipts),
            "root", root));
  }

  void advance(Voucher voucher, byte[] record) {
    cumulative = voucher.cumulativeAmount().units();
    receipts = voucher.receiptCount();
    root = voucher.receiptsRoot().toString();
    newest = record;
  }
}
