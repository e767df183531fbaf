package io.dgrid.settlement.chain;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.Address;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.ledger.BatchRepository;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.reactive.messaging.Channel;

/**
 * Final facts → topic {@code dgrid.chain.v1.movements}, in chain order. The cursor moves after the
 * broker has them: stopping in between publishes some again, with the same block hash and log
 * index.
 */
@ApplicationScoped
class MovementPublisher {
  private static final int PAGE = 500;

  /** Beyond any log of a block: movements that no log stands for begin here. */
  private static final int NO_LOG = 1_000_000;

  private static final Duration ACK_TIMEOUT = Duration.ofSeconds(30);

  private final Chain chain;
  private final BlockRepository blocks;
  private final FactRepository facts;
  private final BatchRepository batches;
  private final ChainStatus status;
  private final InstantSource time;
  private final long retryAfter;
  private final MutinyEmitter<Record<byte[], byte[]>> movements;

  MovementPublisher(
      Chain chain,
      BlockRepository blocks,
      FactRepository facts,
      BatchRepository batches,
      ChainStatus status,
      InstantSource time,
      SettlementConfig config,
      @Channel("movements") MutinyEmitter<Record<byte[], byte[]>> movements) {
    this.chain = chain;
    this.blocks = blocks;
    this.facts = facts;
    this.batches = batches;
    this.status = status;
    this.time = time;
    this.retryAfter = config.voucher().retryAfter().toMillis();
    this.movements = movements;
  }

  /** Publishes everything up to a final block that the follower has reached. */
  Uni<Void> publishUpTo(long finalBlock) {
    return publishPage(finalBlock, PAGE)
        .repeat()
        .whilst(more -> more)
        .collect()
        .last()
        .chain(() -> release(finalBlock));
  }

  /** The contract says nothing when a jail time ends, but who assigns jobs must know. */
  private Uni<Void> release(long finalBlock) {
    return facts
        .standings()
        .flatMap(
            standings -> {
              List<Address> free =
                  standings.entrySet().stream()
                      .filter(e -> e.getValue().jailEnded(time.millis()))
                      .map(Map.Entry::getKey)
                      .sorted()
                      .toList();
              return free.isEmpty()
                  ? Uni.createFrom().voidItem()
                  : blocks
                      .header(finalBlock)
                      .onItem()
                      .ifNotNull()
                      .transformToUni(block -> release(block, free, standings))
                      .replaceWithVoid();
            });
  }

  private Uni<Void> release(
      BlockHeader block, List<Address> free, Map<Address, Standing> standings) {
    MovementFold fold = new MovementFold(standings, time.millis());
    List<Movement> moved = new ArrayList<>();
    for (Address node : free) {
      moved.add(
          Movement.newBuilder()
              .setBlockNumber(block.number())
              .setBlockHash(Wire.bytes(block.hash()))
              .setLogIndex(NO_LOG + moved.size())
              .setStakeChanged(fold.released(node))
              .build());
    }
    return sendAll(moved).chain(() -> facts.standings(standings));
  }

  private Uni<Boolean> publishPage(long finalBlock, int limit) {
    return blocks
        .cursor()
        .flatMap(
            cursor -> {
              long after = cursor.orElseThrow().publishedBlock();
              if (after >= finalBlock) {
                status.published(after);
                return Uni.createFrom().item(false);
              }
              return blocks
                  .between(after, finalBlock, limit)
                  .flatMap(logs -> publish(logs, finalBlock, limit));
            });
  }

  /** The cursor counts whole blocks, so a page that was cut drops its last block. */
  private Uni<Boolean> publish(List<ChainLog> page, long finalBlock, int limit) {
    if (page.size() < limit) {
      return publish(page, finalBlock).replaceWith(false);
    }
    long cut = page.getLast().blockNumber();
    List<ChainLog> whole = page.stream().filter(l -> l.blockNumber() < cut).toList();
    return whole.isEmpty()
        ? publishPage(finalBlock, limit * 4)
        : publish(whole, cut - 1).replaceWith(true);
  }

  private Uni<Void> publish(List<ChainLog> logs, long upTo) {
    return facts
        .standings()
        .flatMap(
            standings -> {
              List<ChainEvent> events = new ArrayList<>();
              List<Movement> moved = fold(logs, standings, events);
              return sendAll(moved)
                  .chain(() -> batches.finalised(upTo))
                  .chain(() -> facts.advance(upTo, events, standings, time.millis(), retryAfter));
            })
        .invoke(() -> status.published(upTo));
  }

  private List<Movement> fold(
      List<ChainLog> logs, Map<Address, Standing> standings, List<ChainEvent> events) {
    MovementFold fold = new MovementFold(standings, time.millis());
    List<Movement> moved = new ArrayList<>();
    for (ChainLog log : logs) {
      chain
          .events()
          .decode(log)
          .ifPresent(
              event -> {
                events.add(event);
                fold.apply(log, event).ifPresent(moved::add);
              });
    }
    return moved;
  }

  private Uni<Void> sendAll(List<Movement> moved) {
    return Multi.createFrom()
        .iterable(moved)
        .onItem()
        .transformToUniAndConcatenate(this::send)
        .collect()
        .asList()
        .replaceWithVoid();
  }

  private Uni<Void> send(Movement movement) {
    return movements
        .send(Record.of(key(movement), movement.toByteArray()))
        .ifNoItem()
        .after(ACK_TIMEOUT)
        .fail();
  }

  /** Block hash ‖ log index: what makes a movement unique. */
  private static byte[] key(Movement movement) {
    ByteString block = movement.getBlockHash();
    return ByteBuffer.allocate(block.size() + Integer.BYTES)
        .put(block.asReadOnlyByteBuffer())
        .putInt(movement.getLogIndex())
        .array();
  }
}
