package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.settlement.batch.ClosedBatch;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hibernate.reactive.mutiny.Mutiny;

/** Closed batches, from the moment that they are closed to the moment that they are final. */
@ApplicationScoped
public class BatchRepository {
  /**
   * Gives the receipts their place. The row count tells whether all of them were still open: a
   * receipt never gets a second place.
   */
  private static final String PLACE_RECEIPTS =
      """
      update settlement.receipt r set batch_number = :batch, batch_index = cast(s.ord - 1 as integer)
      from unnest(cast(string_to_array(:sequences, ',') as bigint[])) with ordinality as s(seq, ord)
      where r.seq = s.seq and r.batch_number is null
      """;

  private static final String NAME_VOUCHERS =
      """
      insert into settlement.outbox_voucher (outbox_id, position, voucher_id)
      select cast(:outbox as bigint), cast(s.ord - 1 as integer), decode(s.hex, 'hex')
      from unnest(string_to_array(:ids, ',')) with ordinality as s(hex, ord)
      """;

  /** A channel with a newer voucher by now stays due; the next batch takes that one. */
  private static final String MARK_SENT =
      """
      update settlement.channel set sent = cumulative
      where newest in (select voucher_id from settlement.outbox_voucher where outbox_id = :outbox)
      """;

  /**
   * Writes a batch, its receipts' places and its outbox entry in one transaction.
   *
   * @param segment the bytes must be stored before
   * @return its number
   */
  Uni<Long> close(ClosedBatch batch, long chainId, byte[] sender, long now) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .flatMap(
                    session ->
                        nextNumber(session)
                            .map(number -> BatchEntity.closed(number, batch, now))
                            .flatMap(entity -> persist(session, entity, batch, chainId, sender))));
  }

  private static Uni<Long> nextNumber(Mutiny.Session session) {
    return session
        .createSelectionQuery(
            "select coalesce(max(b.number), 0) + 1 from BatchEntity b", Long.class)
        .getSingleResult();
  }

  private static Uni<Long> persist(
      Mutiny.Session session, BatchEntity entity, ClosedBatch batch, long chainId, byte[] sender) {
    OutboxEntity call = new OutboxEntity();
    call.chainId = chainId;
    call.sender = sender;
    call.batchNumber = entity.number;
    return session
        .persistAll(entity, call)
        .chain(session::flush)
        .chain(() -> placeReceipts(session, entity.number, batch))
        .chain(() -> nameVouchers(session, call, batch))
        .replaceWith(entity.number);
  }

  private static Uni<Void> placeReceipts(Mutiny.Session session, long number, ClosedBatch batch) {
    String sequences =
        batch.receipts().stream()
            .map(r -> Long.toString(r.sequence()))
            .collect(Collectors.joining(","));
    return session
        .createNativeQuery(PLACE_RECEIPTS)
        .setParameter("batch", number)
        .setParameter("sequences", sequences)
        .executeUpdate()
        .invoke(
            placed -> {
              if (placed != batch.receipts().size()) {
                throw new IllegalStateException("a receipt is in a batch already");
              }
            })
        .replaceWithVoid();
  }

  private static Uni<Void> nameVouchers(
      Mutiny.Session session, OutboxEntity call, ClosedBatch batch) {
    if (batch.vouchers().isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    String ids =
        batch.vouchers().stream()
            .map(v -> HexFormat.of().formatHex(v.voucherId().toBytes()))
            .collect(Collectors.joining(","));
    return session
        .createNativeQuery(NAME_VOUCHERS)
        .setParameter("outbox", call.id)
        .setParameter("ids", ids)
        .executeUpdate()
        .chain(
            () ->
                session
                    .createNativeQuery(MARK_SENT)
                    .setParameter("outbox", call.id)
                    .executeUpdate())
        .replaceWithVoid();
  }

  /** The chain took the batch with this root; false when no such batch is ours. */
  public Uni<Boolean> mined(Hash receiptsRoot, Inclusion inclusion) {
    return Panache.withTransaction(
        () ->
            byRoot(receiptsRoot)
                .invoke(found -> found.ifPresent(batch -> batch.mined(inclusion)))
                .map(Optional::isPresent));
  }

  /** A block vanished: its batches must be sent again, at once. */
  public Uni<Void> unmined(Hash blockHash) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .flatMap(
                    session ->
                        session
                            .createSelectionQuery(
                                "from BatchEntity b where b.blockHash = :hash and b.state = :mined",
                                BatchEntity.class)
                            .setParameter("hash", blockHash.toBytes())
                            .setParameter("mined", BatchState.MINED)
                            .getResultList()
                            .flatMap(batches -> unmine(session, batches))));
  }

  private static Uni<Void> unmine(Mutiny.Session session, List<BatchEntity> batches) {
    if (batches.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    batches.forEach(BatchEntity::unmined);
    return session
        .createMutationQuery(
            "update OutboxEntity o set o.broadcastAt = null where o.batchNumber in :numbers")
        .setParameter("numbers", batches.stream().map(b -> b.number).toList())
        .executeUpdate()
        .replaceWithVoid();
  }

  /** Everything mined up to this block is final, and its calls are done. */
  public Uni<Void> finalised(long blockNumber) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .flatMap(
                    session ->
                        session
                            .createSelectionQuery(
                                "from BatchEntity b where b.state = :mined and b.blockNumber <= :block",
                                BatchEntity.class)
                            .setParameter("mined", BatchState.MINED)
                            .setParameter("block", blockNumber)
                            .getResultList()
                            .flatMap(batches -> finish(session, batches))));
  }

  private static Uni<Void> finish(Mutiny.Session session, List<BatchEntity> batches) {
    if (batches.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    batches.forEach(BatchEntity::finalised);
    return session
        .createMutationQuery(
            "update OutboxEntity o set o.done = true where o.batchNumber in :numbers")
        .setParameter("numbers", batches.stream().map(b -> b.number).toList())
        .executeUpdate()
        .replaceWithVoid();
  }

  /** Keeps a signed transaction; must be durable before it is sent. */
  public Uni<Void> signed(long outbox, SignedCall call) {
    return change(outbox, entry -> entry.signed(call), batch -> batch.sent(call.hash().toBytes()));
  }

  /** A node took the transaction. */
  public Uni<Void> broadcast(long outbox, long now) {
    return change(outbox, entry -> entry.broadcastAt = now, batch -> {});
  }

  /** The signed transaction can no longer be mined; the call needs a new one. */
  public Uni<Void> unsigned(long outbox, String why) {
    return change(outbox, entry -> entry.unsigned(why), batch -> {});
  }

  /** The call cannot be made now; only noted. */
  public Uni<Void> failed(long outbox, String why) {
    return change(outbox, entry -> entry.failure = why, batch -> {});
  }

  /** The contract refuses the call for good. */
  public Uni<Void> rejected(long outbox, String why) {
    return change(
        outbox,
        entry -> {
          entry.failure = why;
          entry.done = true;
        },
        BatchEntity::rejected);
  }

  private static Uni<Void> change(
      long outbox, Consumer<OutboxEntity> entryChange, Consumer<BatchEntity> batchChange) {
    return Panache.withTransaction(
            () ->
                Panache.getSession()
                    .flatMap(
                        session ->
                            session
                                .find(OutboxEntity.class, outbox)
                                .invoke(entryChange)
                                .flatMap(
                                    entry ->
                                        session
                                            .find(BatchEntity.class, entry.batchNumber)
                                            .invoke(batchChange))))
        .replaceWithVoid();
  }

  /** Newest first. */
  public Uni<List<BatchRecord>> newest(int limit) {
    return read(
        session ->
            session
                .createSelectionQuery(
                    "from BatchEntity b order by b.number desc", BatchEntity.class)
                .setMaxResults(limit)
                .getResultList()
                .map(batches -> batches.stream().map(BatchRecord::of).toList()));
  }

  public Uni<Map<Long, BatchRecord>> byNumber(Collection<Long> numbers) {
    if (numbers.isEmpty()) {
      return Uni.createFrom().item(Map.of());
    }
    return read(
        session ->
            session
                .createSelectionQuery(
                    "from BatchEntity b where b.number in :numbers", BatchEntity.class)
                .setParameter("numbers", numbers)
                .getResultList()
                .map(
                    batches ->
                        batches.stream()
                            .collect(Collectors.toMap(b -> b.number, BatchRecord::of))));
  }

  private static Uni<Optional<BatchEntity>> byRoot(Hash receiptsRoot) {
    return Panache.getSession()
        .flatMap(
            session ->
                session
                    .createSelectionQuery(
                        "from BatchEntity b where b.receiptsRoot = :root", BatchEntity.class)
                    .setParameter("root", receiptsRoot.toBytes())
                    .getSingleResultOrNull())
        .map(Optional::ofNullable);
  }

  private static <T> Uni<T> read(Function<Mutiny.Session, Uni<? extends T>> query) {
    return Panache.withSession(() -> Panache.getSession().flatMap(query));
  }
}
