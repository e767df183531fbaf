package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a client has signed for one node. Immutable: each step gives a new one.
 *
 * <p>A receipt named in a voucher that no edge took may be named again, in the same epoch only:
 * whoever has that voucher can still settle it there, and a higher total of the same channel pays
 * over it, never on top.
 *
 * @param horizon receipts that finished up to here are forgotten, Unix milliseconds, unsigned
 * @param totals newest own total that an edge took, by channel epoch
 * @param pending by channel epoch, a voucher that is signed and that no edge is known to have taken
 * @param endorsed by session key, what that key had signed and the client made its own by signing
 *     on top
 * @param receipts the newest ones that were named in a voucher, at most {@link #MOST_RECEIPTS}
 */
record ChannelMemory(
    Address node,
    long horizon,
    Map<Long, Total> totals,
    Map<Long, Pending> pending,
    Map<Address, TokenAmount> endorsed,
    Map<ReceiptHash, Named> receipts) {
  /** Bounds the file: about 300 bytes each. */
  static final int MOST_RECEIPTS = 2_000;

  /** A node has one channel at a time; an edge must not fill the file with made-up ones. */
  static final int MOST_EPOCHS = 16;

  ChannelMemory {
    totals = Map.copyOf(totals);
    pending = Map.copyOf(pending);
    endorsed = Map.copyOf(endorsed);
    receipts = Map.copyOf(receipts);
  }

  /** A channel as the client's own voucher leaves it. */
  record Total(TokenAmount cumulative, long receiptCount, Hash receiptsRoot) {
    static Total of(Voucher voucher) {
      return new Total(voucher.cumulativeAmount(), voucher.receiptCount(), voucher.receiptsRoot());
    }
  }

  /**
   * A signed voucher whose fate is open.
   *
   * @param endorsed the session key on whose total it is, with what is new of that total; none when
   *     it is on an own one
   */
  record Pending(VoucherStep step, Optional<Endorsement> endorsed) {}

  /** What a session key had signed beyond the client's own total. */
  record Endorsement(Address key, TokenAmount amount) {}

  /**
   * A receipt that a voucher of this client names.
   *
   * @param epoch the only channel epoch in which it may ever be named
   * @param confirmed an edge took the voucher
   */
  record Named(
      long epoch, boolean confirmed, JobId job, int first, int outputTokens, long finishedAt) {
    static Named of(Receipt r, long epoch) {
      return new Named(
          epoch, false, r.jobId(), r.firstPosition(), r.outputTokens(), r.finishedAt());
    }

    /** Whether both bill one and the same output token. */
    boolean overlaps(Receipt receipt) {
      int from = Math.max(first, receipt.firstPosition());
      long until =
          Math.min(
              (long) first + outputTokens, (long) receipt.firstPosition() + receipt.outputTokens());
      return job.equals(receipt.jobId()) && from < until;
    }
  }

  static ChannelMemory empty(Address node) {
    return new ChannelMemory(node, 0, Map.of(), Map.of(), Map.of(), Map.of());
  }

  /** Before a voucher leaves: from here on it may turn up anywhere. */
  ChannelMemory signed(VoucherStep step, List<Receipt> named, Optional<Endorsement> endorsement) {
    long epoch = step.voucher().statement().channelEpoch();
    Map<Long, Pending> nowPending = new LinkedHashMap<>(pending);
    // A retry on the same key's newer total: only what is new of it counts again.
    Optional<Endorsement> before =
        Optional.ofNullable(pending.get(epoch)).flatMap(Pending::endorsed);
    nowPending.put(epoch, new Pending(step, endorsement.or(() -> before)));
    Map<Address, TokenAmount> sums = new LinkedHashMap<>(endorsed);
    endorsement.ifPresent(e -> sums.merge(e.key(), added(e, before), TokenAmount::plus));
    Map<ReceiptHash, Named> all = new LinkedHashMap<>(receipts);
    for (int i = 0; i < named.size(); i++) {
      all.put(step.receipts().get(i), Named.of(named.get(i), epoch));
    }
    return bounded(new ChannelMemory(node, horizon, totals, nowPending, sums, all));
  }

  private static TokenAmount added(Endorsement now, Optional<Endorsement> before) {
    return before
        .filter(b -> b.key().equals(now.key()))
        .map(
            b ->
                now.amount().compareTo(b.amount()) > 0
                    ? now.amount().minus(b.amount())
                    : TokenAmount.ZERO)
        .orElse(now.amount());
  }

  /** An edge took the pending voucher. */
  ChannelMemory acknowledged(long epoch) {
    Pending taken = pending.get(epoch);
    if (taken == null) {
      return this;
    }
    Set<ReceiptHash> named = Set.copyOf(taken.step().receipts());
    Map<ReceiptHash, Named> all =
        receipts.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    e -> named.contains(e.getKey()) ? confirmed(e.getValue()) : e.getValue()));
    return new ChannelMemory(node, horizon, totals, without(epoch), endorsed, all)
        .took(taken.step().voucher().statement());
  }

  /** A voucher of this client that another device signed, or that this one has forgotten. */
  ChannelMemory took(Voucher voucher) {
    Map<Long, Total> all = new LinkedHashMap<>(totals);
    all.put(voucher.channelEpoch(), Total.of(voucher));
    return new ChannelMemory(node, horizon, all, pending, endorsed, receipts);
  }

  /** Those that no voucher covers which an edge took. */
  List<Receipt> unconfirmed(List<Receipt> of, Domain domain) {
    return of.stream()
        .filter(
            receipt -> {
              Named known = receipts.get(receipt.hash(domain));
              return known == null || !known.confirmed();
            })
        .toList();
  }

  private Map<Long, Pending> without(long epoch) {
    Map<Long, Pending> rest = new LinkedHashMap<>(pending);
    rest.remove(epoch);
    return rest;
  }

  private static Named confirmed(Named named) {
    return new Named(
        named.epoch(), true, named.job(), named.first(), named.outputTokens(), named.finishedAt());
  }

  /** Forgets the oldest and remembers how old they were. */
  private static ChannelMemory bounded(ChannelMemory full) {
    int over = full.receipts().size() - MOST_RECEIPTS;
    if (over <= 0) {
      return full;
    }
    List<Map.Entry<ReceiptHash, Named>> oldest = new ArrayList<>(full.receipts().entrySet());
    oldest.sort(Comparator.comparing(e -> e.getValue().finishedAt(), Long::compareUnsigned));
    Map<ReceiptHash, Named> kept = new LinkedHashMap<>(full.receipts());
    Collection<Map.Entry<ReceiptHash, Named>> gone = oldest.subList(0, over);
    gone.forEach(e -> kept.remove(e.getKey()));
    long last = oldest.get(over - 1).getValue().finishedAt();
    long horizon = Long.compareUnsigned(last, full.horizon()) > 0 ? last : full.horizon();
    return new ChannelMemory(
        full.node(), horizon, full.totals(), full.pending(), full.endorsed(), kept);
  }
}
