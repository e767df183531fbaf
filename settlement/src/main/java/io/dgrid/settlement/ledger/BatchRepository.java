package io.dgrid.settlement.ledger;

import io.dgrid.core.identity.Hash;
import io.dgrid.settlement.batch.ClosedBatch;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.hibernate.reactive.mutiny.Mutiny;

/** Closed batches, from the moment that they are closed to the moment that they are final. */
@ApplicationScoped
public class BatchRepository {
  /**
   * Gives the receipts their place. The row count tells whether all of them were still open: a
   * receipt never gets a second place.
   */
  static final String PLACE_RECEIPTS =
      """
      with open as (
        select r.seq, s.ord
        from settlement.receipt r
        join unnest(cast(string_to_array(:sequences, ',') as bigint[])) with ordinality as s(seq, ord)
          on r.seq = s.seq
        where r.batch_number is null
        order by r.hash for update of r)
      update settlement.receipt r set batch_number = :batch, batch_index = cast(open.ord - 1 as integer)
      from open where r.seq = open.seq
      """;

  private static final String UNMINE =
      "o.broadcastAt = null, o.blockNumber = null, o.blockHash = null";

  /**
   * Writes a batch, its receipts' places and its outbox entry in one transaction.
   *
   * @param segment the bytes must be stored before
   * @return its number
   */
  Uni<Long> close(ClosedBatch batch, long chainId, byte[] sender, long now) {
    return Sessions.inTransaction(
        session ->
            nextNumber(session)
                .map(number -> BatchEntity.closed(number, batch, now))
                .flatMap(entity -> persist(session, entity, batch, chainId, sender)));
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
        // Channels before receipts, as everywhere.
        .chain(() -> CallRepository.claim(session, call, batch.vouchers()))
        .invoke(claimed -> entity.voucherCount = claimed)
        .chain(() -> placeReceipts(session, entity.number, batch))
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

  /** The chain took the batch with this root; false when no such batch is ours. */
  public Uni<Boolean> mined(Hash receiptsRoot, Inclusion inclusion) {
    return Sessions.inTransaction(
        session ->
            byRoot(session, receiptsRoot).flatMap(found -> mined(session, found, inclusion)));
  }

  private static Uni<Boolean> mined(
      Mutiny.Session session, Optional<BatchEntity> found, Inclusion inclusion) {
    if (found.isEmpty()) {
      return Uni.createFrom().item(false);
    }
    found.get().mined(inclusion);
    return session
        .createMutationQuery(
            """
            update OutboxEntity o set o.blockNumber = :block, o.blockHash = :hash
            where o.batchNumber = :number and not o.done
            """)
        .setParameter("block", inclusion.blockNumber())
        .setParameter("hash", inclusion.blockHash().toBytes())
        .setParameter("number", found.get().number)
        .executeUpdate()
        .replaceWith(true);
  }

  /** A block vanished: its batches and calls must be sent again, at once. */
  public Uni<Void> unmined(Hash blockHash) {
    return move(
        "b.blockHash = :at",
        "o.blockHash = :at",
        blockHash.toBytes(),
        BatchEntity::unmined,
        UNMINE);
  }

  /** Everything mined up to this block is final, and its calls are done. */
  public Uni<Void> finalised(long blockNumber) {
    return move(
        "b.blockNumber <= :at",
        "o.blockNumber <= :at",
        blockNumber,
        BatchEntity::finalised,
        "o.done = true");
  }

  /** Moves mined batches and open calls of some blocks together. */
  private static Uni<Void> move(
      String batchesAt,
      String callsAt,
      Object at,
      Consumer<BatchEntity> batchMove,
      String callMove) {
    return Sessions.inTransaction(
        session ->
            session
                .createSelectionQuery(
                    "from BatchEntity b where b.state = :mined and %s order by b.number"
                        .formatted(batchesAt),
                    BatchEntity.class)
                .setParameter("mined", BatchState.MINED)
                .setParameter("at", at)
                .getResultList()
                .invoke(batches -> batches.forEach(batchMove))
                .chain(
                    () ->
                        session
                            .createMutationQuery(
                                "update OutboxEntity o set %s where not o.done and %s"
                                    .formatted(callMove, callsAt))
                            .setParameter("at", at)
                            .executeUpdate())
                .replaceWithVoid());
  }

  /** Newest first. */
  public Uni<List<BatchRecord>> newest(int limit) {
    return Sessions.read(
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
    return Sessions.read(
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

  private static Uni<Optional<BatchEntity>> byRoot(Mutiny.Session session, Hash receiptsRoot) {
    return session
        .createSelectionQuery("from BatchEntity b where b.receiptsRoot = :root", BatchEntity.class)
        .setParameter("root", receiptsRoot.toBytes())
        .getSingleResultOrNull()
        .map(Optional::ofNullable);
  }
}
