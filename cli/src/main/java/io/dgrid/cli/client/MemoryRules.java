package io.dgrid.cli.client;

import io.dgrid.cli.client.ChannelMemory.Endorsement;
import io.dgrid.cli.client.ChannelMemory.Named;
import io.dgrid.cli.client.ChannelMemory.Pending;
import io.dgrid.cli.client.ChannelMemory.Total;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where an edge contradicts what the client remembers. Pure. Failures are INVALID_REQUEST or
 * SPEND_CAP_REACHED with the metadata {@code contradiction}: the edge lies or has lost data, and
 * nothing is signed.
 */
final class MemoryRules {
  private MemoryRules() {}

  /** What an edge says and memory knows better; the names are in {@code --json} output. */
  enum Contradiction {
    /** The channel is shown as it was before a voucher that this client signed and an edge took. */
    TOTAL_ROLLED_BACK,
    /** The same total over other receipts. */
    CHAIN_FORKED,
    /** A receipt that a voucher of this client covers is shown as open. */
    RECEIPT_PAID,
    /** A receipt bills tokens that another receipt of the job already bills. */
    TOKENS_PAID,
    /** A receipt was signed for in another epoch, where it can still be settled. */
    OTHER_EPOCH,
    /** Older than what memory can vouch for. */
    TOO_OLD,
    /** More epochs than a node has use for. */
    TOO_MANY_EPOCHS,
    /** All that was endorsed for a session key together is above what the chain lets it spend. */
    KEY_EXHAUSTED
  }

  /**
   * The newest voucher as the edge shows it is not behind the client's own.
   *
   * @return memory with that voucher when it is the client's own and newer
   */
  static ChannelMemory follow(
      ChannelMemory memory,
      long epoch,
      Optional<VoucherStep> newest,
      Address client,
      Domain domain) {
    Total own = memory.totals().get(epoch);
    if (own == null) {
      if (memory.totals().size() >= ChannelMemory.MOST_EPOCHS) {
        throw refuse(
            Contradiction.TOO_MANY_EPOCHS,
            "the edge opens channel epoch %s with node %s; %d are known already"
                .formatted(Long.toUnsignedString(epoch), memory.node(), memory.totals().size()));
      }
      return newest
          .filter(step -> step.voucher().isBy(client, domain))
          .map(step -> memory.took(step.voucher().statement()))
          .orElse(memory);
    }
    Total shown = newest.map(step -> Total.of(step.voucher().statement())).orElse(null);
    int order = shown == null ? -1 : shown.cumulative().compareTo(own.cumulative());
    if (order < 0 || shown.receiptCount() < own.receiptCount()) {
      throw refuse(
          Contradiction.TOTAL_ROLLED_BACK,
          "the edge shows %s in all to node %s; this client has signed for %s, and an edge took it"
              .formatted(
                  shown == null ? "nothing" : shown.cumulative().display(),
                  memory.node(),
                  own.cumulative().display()));
    }
    boolean same = shown.receiptCount() == own.receiptCount();
    if (same && !shown.equals(own)) {
      throw refuse(
          Contradiction.CHAIN_FORKED,
          "the edge shows a voucher for node %s over other receipts than this client signed for"
              .formatted(memory.node()));
    }
    return newest.filter(step -> step.voucher().isBy(client, domain)).isPresent()
        ? memory.took(newest.get().voucher().statement())
        : memory;
  }

  /** An edge took the pending voucher: it shows it, or one on top of it. */
  static boolean isTaken(ChannelMemory memory, long epoch, Optional<VoucherStep> newest) {
    Pending pending = memory.pending().get(epoch);
    if (pending == null || newest.isEmpty()) {
      return false;
    }
    Voucher voucher = pending.step().voucher().statement();
    return newest.get().voucher().statement().equals(voucher)
        || newest.get().previousRoot().equals(voucher.receiptsRoot());
  }

  /** The edge stands where it stood before the pending voucher was signed. */
  static boolean isMissing(ChannelMemory memory, long epoch, Optional<VoucherStep> newest) {
    Pending pending = memory.pending().get(epoch);
    if (pending == null) {
      return false;
    }
    VoucherStep step = pending.step();
    Optional<Voucher> shown = newest.map(n -> n.voucher().statement());
    return shown.map(Voucher::receiptsRoot).orElse(Hash.ZERO).equals(step.previousRoot())
        && shown.map(Voucher::receiptCount).orElse(0L)
            == step.voucher().statement().receiptCount() - step.receipts().size();
  }

  /** Nothing of these receipts is paid already, as far as this client knows. */
  static void requireUnpaid(
      Collection<ChannelMemory> all,
      ChannelMemory memory,
      long epoch,
      List<Receipt> receipts,
      Domain domain) {
    Map<ReceiptHash, Named> seen = new LinkedHashMap<>();
    for (Receipt receipt : receipts) {
      ReceiptHash hash = receipt.hash(domain);
      requireOwnTokens(seen, hash, receipt);
      if (seen.put(hash, Named.of(receipt, epoch)) != null) {
        throw refuse(
            Contradiction.TOKENS_PAID, "the edge shows receipt %s as open twice".formatted(hash));
      }
      Named known = memory.receipts().get(hash);
      if (known != null) {
        requireOpen(hash, known, epoch);
      } else if (Long.compareUnsigned(receipt.finishedAt(), memory.horizon()) <= 0) {
        throw refuse(
            Contradiction.TOO_OLD,
            "receipt %s is older than the %d newest that this client remembers: it may be paid"
                .formatted(hash, ChannelMemory.MOST_RECEIPTS));
      } else {
        all.forEach(each -> requireOwnTokens(each.receipts(), hash, receipt));
      }
    }
  }

  private static void requireOpen(ReceiptHash hash, Named known, long epoch) {
    if (known.confirmed()) {
      throw refuse(
          Contradiction.RECEIPT_PAID,
          "the edge shows receipt %s as open; a voucher of this client covers it".formatted(hash));
    }
    if (known.epoch() != epoch) {
      throw refuse(
          Contradiction.OTHER_EPOCH,
          "receipt %s was signed for in channel epoch %s; in epoch %s it would be paid again"
              .formatted(hash, Long.toUnsignedString(known.epoch()), Long.toUnsignedString(epoch)));
    }
  }

  private static void requireOwnTokens(
      Map<ReceiptHash, Named> billed, ReceiptHash hash, Receipt receipt) {
    billed.entrySet().stream()
        .filter(e -> !e.getKey().equals(hash) && e.getValue().overlaps(receipt))
        .findFirst()
        .ifPresent(
            e -> {
              throw refuse(
                  Contradiction.TOKENS_PAID,
                  "receipt %s bills tokens of job %s that receipt %s bills already"
                      .formatted(hash, receipt.jobId(), e.getKey()));
            });
  }

  /**
   * What a session key's total adds to the client's own.
   *
   * @param all memories of every node, for a key's cap is one
   * @throws DGridException SPEND_CAP_REACHED when the key could not have spent all that
   */
  static Endorsement endorsement(
      Collection<ChannelMemory> all,
      ChannelMemory memory,
      long epoch,
      VoucherStep newest,
      KeyAllowance allowance) {
    TokenAmount total = newest.voucher().statement().cumulativeAmount();
    TokenAmount base = base(memory, epoch, newest, allowance);
    TokenAmount added = total.compareTo(base) > 0 ? total.minus(base) : TokenAmount.ZERO;
    TokenAmount before =
        all.stream()
            .map(each -> each.endorsed().getOrDefault(allowance.key(), TokenAmount.ZERO))
            .reduce(TokenAmount.ZERO, TokenAmount::plus);
    // A try that failed is counted already.
    TokenAmount counted =
        Optional.ofNullable(memory.pending().get(epoch))
            .flatMap(Pending::endorsed)
            .filter(e -> e.key().equals(allowance.key()))
            .map(Endorsement::amount)
            .orElse(TokenAmount.ZERO);
    TokenAmount sum = before.plus(added);
    if (sum.minus(counted.compareTo(added) < 0 ? counted : added).compareTo(allowance.remaining())
        > 0) {
      throw new DGridException(
          ErrorCode.SPEND_CAP_REACHED,
          "key %s signed %s more to node %s after %s that this client endorsed before; the chain lets it spend %s more: settle first, or grant a new key"
              .formatted(
                  allowance.key(),
                  added.display(),
                  memory.node(),
                  before.display(),
                  allowance.remaining().display()),
          Map.of(Vouchers.CONTRADICTION, Contradiction.KEY_EXHAUSTED.name()));
    }
    return new Endorsement(allowance.key(), added);
  }

  /** The client's own total below the key's: paid, taken by an edge, or the one it joins. */
  private static TokenAmount base(
      ChannelMemory memory, long epoch, VoucherStep newest, KeyAllowance allowance) {
    TokenAmount base = allowance.settled();
    Total own = memory.totals().get(epoch);
    if (own != null && own.cumulative().compareTo(base) > 0) {
      base = own.cumulative();
    }
    Pending pending = memory.pending().get(epoch);
    if (pending != null) {
      Voucher voucher = pending.step().voucher().statement();
      if (newest.previousRoot().equals(voucher.receiptsRoot())
          && voucher.cumulativeAmount().compareTo(base) > 0) {
        base = voucher.cumulativeAmount();
      }
    }
    return base;
  }

  private static DGridException refuse(Contradiction what, String message) {
    return new DGridException(
        ErrorCode.INVALID_REQUEST, message, Map.of(Vouchers.CONTRADICTION, what.name()));
  }
}
