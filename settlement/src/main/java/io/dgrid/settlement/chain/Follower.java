package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.chain.BlockRepository.Cursor;
import io.dgrid.settlement.chain.ChainException.Code;
import io.dgrid.settlement.ledger.BatchRepository;
import io.dgrid.settlement.ledger.Inclusion;
import io.dgrid.settlement.ledger.OutboxRepository;
import io.dgrid.settlement.ledger.OutboxRepository.MinedCall;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Keeps the database's copy of the chain's end: one block further at a time, read by hash, and one
 * block back whenever the chain no longer has it. Final history is read in ranges.
 */
@ApplicationScoped
class Follower {
  private static final Logger LOG = Logger.getLogger(Follower.class);

  /** Closer to the final block than this, blocks are followed one by one. */
  private static final int NEAR = 32;

  private final Chain chain;
  private final BlockRepository blocks;
  private final BatchRepository batches;
  private final OutboxRepository outbox;
  private final ChainStatus status;
  private final MeterRegistry metrics;
  private final int catchUpBlocks;

  Follower(
      Chain chain,
      BlockRepository blocks,
      BatchRepository batches,
      OutboxRepository outbox,
      ChainStatus status,
      MeterRegistry metrics,
      SettlementConfig config) {
    this.chain = chain;
    this.blocks = blocks;
    this.batches = batches;
    this.outbox = outbox;
    this.status = status;
    this.metrics = metrics;
    this.catchUpBlocks = config.chain().catchUpBlocks();
  }

  /** What one look at the chain showed. */
  sealed interface Look {
    /** Nothing after the tip, which is the chain's. */
    record AtHead(long head) implements Look {}

    /** Blocks after the tip up to {@code block}, with all logs in them. */
    record Further(BlockHeader block, List<MinedBatch> batches, List<ChainLog> logs, long head)
        implements Look {}

    /** The tip is not on the chain any more. */
    record Gone() implements Look {}
  }

  /** One of the contract's batches in a block that was looked at. */
  record MinedBatch(Hash receiptsRoot, int receipts, Inclusion inclusion) {}

  /** Follows until there is nothing further now; answers the final block's number, if any. */
  Uni<Optional<Long>> follow() {
    return anchored()
        .chain(() -> step().repeat().whilst(more -> more).collect().last())
        .chain(() -> chain.ask(rpc -> rpc.finalised().map(BlockHeader::number)));
  }

  /** Whether the database holds the configured contract's chain already. */
  Uni<Boolean> mirrorsConfigured() {
    return blocks.cursor().map(cursor -> cursor.filter(this::isConfigured).isPresent());
  }

  private boolean isConfigured(Cursor cursor) {
    return cursor.chainId() == chain.id() && cursor.settlement().equals(chain.settlement());
  }

  private Uni<Void> anchored() {
    return blocks
        .cursor()
        .flatMap(
            cursor ->
                cursor.isPresent()
                    ? checkIdentity(cursor.get())
                    : chain
                        .ask(rpc -> rpc.header(chain.deployBlock()).orElseThrow(this::noAnchor))
                        .flatMap(anchor -> blocks.start(chain.id(), chain.settlement(), anchor)));
  }

  private Uni<Void> checkIdentity(Cursor cursor) {
    if (isConfigured(cursor)) {
      return Uni.createFrom().voidItem();
    }
    return Uni.createFrom()
        .failure(
            new ChainException(
                Code.OTHER_DEPLOYMENT,
                "this database mirrors chain %d, contract %s; configured are chain %d, contract %s"
                    .formatted(
                        cursor.chainId(), cursor.settlement(), chain.id(), chain.settlement())));
  }

  private ChainException noAnchor() {
    return new ChainException(
        Code.WRONG_CHAIN,
        "the chain has no block " + chain.deployBlock() + ", see dgrid.chain.deploy-block");
  }

  /** One block further or back; true when there may be more to do. */
  private Uni<Boolean> step() {
    return blocks
        .tip()
        .map(tip -> tip.orElseThrow(() -> new IllegalStateException("no anchor block")))
        .flatMap(
            tip ->
                chain
                    .ask(rpc -> look(rpc, tip))
                    .flatMap(
                        look ->
                            switch (look) {
                              case Look.AtHead(var head) -> atHead(head, tip);
                              case Look.Further further -> extend(further);
                              case Look.Gone ignored -> rollBack(tip);
                            }));
  }

  private Look look(ChainRpc rpc, BlockHeader tip) {
    long head = rpc.head().number();
    if (tip.number() >= head) {
      return isOnChain(rpc, tip) ? new Look.AtHead(head) : new Look.Gone();
    }
    long finalNumber = rpc.finalised().map(BlockHeader::number).orElse(0L);
    if (tip.number() + NEAR < finalNumber) {
      return isOnChain(rpc, tip) ? range(rpc, tip, finalNumber, head) : new Look.Gone();
    }
    Optional<BlockHeader> next = rpc.header(tip.number() + 1);
    if (next.isEmpty()) {
      // The chain became shorter between two questions.
      return isOnChain(rpc, tip) ? new Look.AtHead(head) : new Look.Gone();
    }
    if (!next.get().parent().equals(tip.hash())) {
      return new Look.Gone();
    }
    List<ChainLog> logs = rpc.logs(next.get().hash());
    return new Look.Further(next.get(), minedBatches(rpc, logs), logs, head);
  }

  private static boolean isOnChain(ChainRpc rpc, BlockHeader tip) {
    return rpc.header(tip.number()).filter(now -> now.hash().equals(tip.hash())).isPresent();
  }

  private Look range(ChainRpc rpc, BlockHeader tip, long finalNumber, long head) {
    long to = Math.min(tip.number() + catchUpBlocks, finalNumber);
    List<ChainLog> logs = rpc.logs(tip.number() + 1, to);
    BlockHeader last = rpc.header(to).orElseThrow();
    return new Look.Further(last, minedBatches(rpc, logs), logs, head);
  }

  private List<MinedBatch> minedBatches(ChainRpc rpc, List<ChainLog> logs) {
    List<MinedBatch> mined = new ArrayList<>();
    for (ChainLog log : logs) {
      if (chain.events().decode(log).orElse(null) instanceof ChainEvent.BatchSettled batch) {
        mined.add(
            new MinedBatch(batch.receiptsRoot(), batch.receiptCount(), inclusion(rpc, log, logs)));
      }
    }
    return mined;
  }

  /** What its transaction paid is the sum over the transaction's voucher events. */
  private Inclusion inclusion(ChainRpc rpc, ChainLog batch, List<ChainLog> logs) {
    TokenAmount paid = TokenAmount.ZERO;
    TokenAmount fee = TokenAmount.ZERO;
    for (ChainLog log : logs) {
      if (log.transactionHash().equals(batch.transactionHash())
          && chain.events().decode(log).orElse(null) instanceof ChainEvent.VoucherSettled voucher) {
        paid = paid.plus(voucher.paid());
        fee = fee.plus(voucher.fee());
      }
    }
    long gas =
        rpc.outcome(batch.transactionHash())
            .orElseThrow(
                () -> new ChainException(Code.REFUSED, "a transaction vanished while it was read"))
            .gasUsed();
    return new Inclusion(
        batch.transactionHash(), batch.blockNumber(), batch.blockHash(), gas, paid, fee);
  }

  private Uni<Boolean> atHead(long head, BlockHeader tip) {
    status.following(head, tip.number());
    return Uni.createFrom().item(false);
  }

  /** Batches first: should we stop in between, the block is looked at again. */
  private Uni<Boolean> extend(Look.Further further) {
    return Multi.createFrom()
        .iterable(further.batches())
        .onItem()
        .transformToUniAndConcatenate(
            batch ->
                batches
                    .mined(batch.receiptsRoot(), batch.inclusion())
                    .invoke(() -> gasPerReceipt(batch)))
        .collect()
        .asList()
        .chain(() -> outbox.mined(minedCalls(further.logs())))
        .chain(() -> blocks.extend(further.block(), further.logs()))
        .invoke(() -> status.following(further.head(), further.block().number()))
        .replaceWith(true);
  }

  /** Every transaction that moved vouchers; which of them are ours the database knows. */
  private List<MinedCall> minedCalls(List<ChainLog> logs) {
    return logs.stream()
        .filter(log -> chain.events().decode(log).filter(Follower::isOfVoucher).isPresent())
        .map(log -> new MinedCall(log.transactionHash(), log.blockNumber(), log.blockHash()))
        .distinct()
        .toList();
  }

  private static boolean isOfVoucher(ChainEvent event) {
    return event instanceof ChainEvent.VoucherSettled || event instanceof ChainEvent.VoucherSkipped;
  }

  private void gasPerReceipt(MinedBatch batch) {
    metrics
        .summary("dgrid.settlement.gas.per.receipt")
        .record((double) batch.inclusion().gasUsed() / Math.max(1, batch.receipts()));
  }

  private Uni<Boolean> rollBack(BlockHeader tip) {
    return blocks
        .cursor()
        .map(Optional::orElseThrow)
        .invoke(
            cursor -> {
              if (tip.number() <= cursor.publishedBlock()) {
                throw new ChainException(
                    Code.FINALITY_BROKEN,
                    "block %d (%s) was final and is gone".formatted(tip.number(), tip.hash()));
              }
              LOG.warnf("reorganisation: block %d (%s) is gone", tip.number(), tip.hash());
              metrics.counter("dgrid.settlement.chain.rollbacks").increment();
            })
        .chain(() -> batches.unmined(tip.hash()))
        .chain(() -> blocks.remove(tip))
        .replaceWith(true);
  }
}
