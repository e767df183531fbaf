package io.dgrid.edge.account;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.reactive.mutiny.Mutiny;

/**
 * Receipts of clients and the vouchers that confirm them. Works inside the caller's transaction,
 * which holds the lock on the client's account.
 */
@ApplicationScoped
public class ChannelRepository {
  private static final int MAX_LISTED = 1000;

  private final Domain domain;
  private final Signer edge;
  private final EdgeConfig config;
  private final InstantSource clock;

  ChannelRepository(Domain domain, Signer edge, EdgeConfig config, InstantSource clock) {
    this.domain = domain;
    this.edge = edge;
    this.config = config;
    this.clock = clock;
  }

  /** Charged and not yet confirmed, over all nodes. */
  Uni<TokenAmount> unconfirmedAmount(Mutiny.Session session, Address client) {
    return session
        .createNativeQuery(
            "SELECT coalesce(sum(amount), 0) FROM edge.receipt"
                + " WHERE client = :client AND voucher IS NULL",
            BigDecimal.class)
        .setParameter("client", client.toString())
        .getSingleResult()
        .map(sum -> new TokenAmount(sum.toBigIntegerExact()));
  }

  /**
   * Takes a client's voucher. The signature is checked before.
   *
   * @return its hash; fails with VOUCHER_STALE when it is not the next one
   */
  Uni<Hash> submit(Mutiny.Session session, VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    Hash hash = voucher.digest(domain);
    return session
        .createNativeQuery(
            "SELECT count(*) FROM edge.voucher WHERE voucher_hash = :hash", Long.class)
        .setParameter("hash", hash.toString())
        .getSingleResult()
        .chain(
            known ->
                known > 0
                    ? Uni.createFrom().item(hash)
                    : channel(session, voucher.client(), voucher.node())
                        .chain(
                            channel ->
                                unconfirmed(
                                        session, voucher.client(), voucher.node(), step.receipts())
                                    .invoke(items -> requireNext(channel, step, items))
                                    .chain(() -> take(session, channel, step))));
  }

  private static void requireNext(
      ChannelRow channel, VoucherStep step, List<ChannelRow.Item> items) {
    Map<ReceiptHash, ChannelRow.Item> known = new HashMap<>();
    items.forEach(item -> known.put(item.hash(), item));
    // The order of the chain is the signer's choice: what counts is that it names them so.
    List<ChannelRow.Item> named = new ArrayList<>();
    for (ReceiptHash hash : step.receipts()) {
      ChannelRow.Item item = known.remove(hash);
      if (item == null) {
        throw channel.stale("receipt %s does not wait for a voucher".formatted(hash));
      }
      named.add(item);
    }
    if (named.isEmpty()) {
      throw channel.stale("the voucher names no receipt");
    }
    channel.requireNext(step.voucher().statement(), step.previousRoot(), named);
  }

  private Uni<Hash> take(Mutiny.Session session, ChannelRow channel, VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    Hash hash = voucher.digest(domain);
    byte[] record = VoucherCodec.toWire(step).toByteArray();
    channel.advance(voucher, record);
    return session
        .flush()
        .chain(
            () ->
                session
                    .createNativeQuery(
                        "INSERT INTO edge.voucher (voucher_hash, client, node, record)"
                            + " VALUES (:hash, :client, :node, :record)")
                    .setParameter("hash", hash.toString())
                    .setParameter("client", voucher.client().toString())
                    .setParameter("node", voucher.node().toString())
                    .setParameter("record", record)
                    .executeUpdate())
        .chain(
            () ->
                session
                    .createNativeQuery(
                        "UPDATE edge.receipt SET voucher = :hash WHERE receipt_hash IN (:receipts)")
                    .setParameter("hash", hash.toString())
                    .setParameter(
                        "receipts", step.receipts().stream().map(ReceiptHash::toString).toList())
                    .executeUpdate())
        .replaceWith(hash);
  }

  /** The channel as it is; a new one when there is none. */
  Uni<ChannelRow> channel(Mutiny.Session session, Address client, Address node) {
    return session
        .find(ChannelRow.class, new ChannelKey(client.toString(), node.toString()))
        .chain(
            known -> {
              if (known != null) {
                return Uni.createFrom().item(known);
              }
              ChannelRow fresh = ChannelRow.open(client, node);
              return session.persist(fresh).replaceWith(fresh);
            });
  }

  /** Receipts as they travel, that no voucher covers yet, oldest first. */
  Uni<List<byte[]>> unconfirmed(Mutiny.Session session, Address client, Address node) {
    return session
        .createNativeQuery(
            "SELECT issued FROM edge.receipt WHERE client = :client AND node = :node"
                + " AND voucher IS NULL ORDER BY sequence LIMIT "
                + MAX_LISTED,
            byte[].class)
        .setParameter("client", client.toString())
        .setParameter("node", node.toString())
        .getResultList();
  }

  private Uni<List<ChannelRow.Item>> unconfirmed(
      Mutiny.Session session, Address client, Address node, List<ReceiptHash> hashes) {
    if (hashes.isEmpty()) {
      return Uni.createFrom().item(List.of());
    }
    return session
        .createNativeQuery(
            "SELECT receipt_hash, amount FROM edge.receipt WHERE client = :client AND node = :node"
                + " AND voucher IS NULL AND receipt_hash IN (:hashes) ORDER BY sequence",
            Tuple.class)
        .setParameter("client", client.toString())
        .setParameter("node", node.toString())
        .setParameter("hashes", hashes.stream().map(ReceiptHash::toString).toList())
        .getResultList()
        .map(rows -> rows.stream().map(ChannelRepository::item).toList());
  }

  private static ChannelRow.Item item(Tuple row) {
    BigInteger amount = row.get(1, BigDecimal.class).toBigIntegerExact();
    return new ChannelRow.Item(
        ReceiptHash.fromHex(row.get(0, String.class)), new TokenAmount(amount));
  }
}
