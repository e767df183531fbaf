package io.dgrid.cli.client;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.client.ChannelMemory.Endorsement;
import io.dgrid.cli.client.ClientMemory.Held;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Confirms receipts with cumulative vouchers, one channel per node. What it signs is remembered
 * before it leaves, and nothing is signed that memory contradicts.
 */
public final class Vouchers {
  /** Metadata of a failure: in which way an edge contradicts what the client remembers. */
  public static final String CONTRADICTION = "contradiction";

  private static final Duration VALIDITY = Duration.ofDays(30);
  private static final int TRIES = 5;

  private final EdgeClient edge;
  private final Network network;
  private final Signer client;
  private final InstantSource clock;
  private final SessionKeys keys;
  private final ClientMemory memories;

  /**
   * Remembers for as long as it lives.
   *
   * @param chain without it no voucher is signed on top of one that a session key signed
   */
  public Vouchers(
      EdgeClient edge,
      Network network,
      Signer client,
      InstantSource clock,
      Optional<ChainFacts> chain) {
    this(edge, network, client, clock, chain, ClientMemory.ofProcess());
  }

  /**
   * @param memories of this client and network
   */
  public Vouchers(
      EdgeClient edge,
      Network network,
      Signer client,
      InstantSource clock,
      Optional<ChainFacts> chain,
      ClientMemory memories) {
    this.memories = memories;
    this.edge = edge;
    this.network = network;
    this.client = client;
    this.clock = clock;
    this.keys = new SessionKeys(chain, network.domain(), client.address(), clock);
  }

  /**
   * Confirms an answer's receipts. They must have passed {@link AnswerRules} before.
   *
   * @throws DGridException when the edge does not take a voucher
   */
  public List<Confirmation> confirm(List<IssuedReceipt> receipts) {
    Map<Address, List<Receipt>> byNode = new LinkedHashMap<>();
    for (IssuedReceipt issued : receipts) {
      Receipt receipt = issued.receipt().statement();
      byNode.computeIfAbsent(receipt.node(), n -> new ArrayList<>()).add(receipt);
    }
    List<Confirmation> confirmed = new ArrayList<>();
    try (Held held = memories.hold()) {
      byNode.forEach(
          (node, ofNode) ->
              confirmed.add(confirm(held, edge.channel(client.address(), node), node, ofNode)));
    }
    return confirmed;
  }

  /**
   * Confirms what earlier jobs of this client left open: receipts that obey every rule and answer a
   * request that this client signed. Their tokens are no longer at hand, so the response hash is
   * taken on the node's word.
   *
   * @return receipts confirmed
   * @throws DGridException INVALID_REQUEST when an edge shows a receipt as open that is paid
   */
  public int confirmLeftOvers() {
    int count = 0;
    for (var node : edge.nodes()) {
      Address address = Address.of(node.getAddress().toByteArray());
      try (Held held = memories.hold()) {
        count += confirmLeftOvers(held, address);
      }
    }
    return count;
  }

  private int confirmLeftOvers(Held held, Address node) {
    GetChannelResponse channel = edge.channel(client.address(), node);
    List<Receipt> open =
        channel.getUnconfirmedList().stream()
            .map(ReceiptCodec::fromWire)
            .filter(this::isOwnAndRight)
            .map(issued -> issued.receipt().statement())
            .toList();
    if (!open.isEmpty()) {
      long epoch = channel.getChannelEpoch();
      MemoryRules.requireUnpaid(held.all(), held.of(node), epoch, open, network.domain());
      confirm(held, channel, node, open);
    }
    return open.size();
  }

  private boolean isOwnAndRight(IssuedReceipt issued) {
    return issued.request().isBy(client.address(), network.domain())
        && ReceiptRules.violations(issued, network.domain()).isEmpty();
  }

  private Confirmation confirm(
      Held held, GetChannelResponse first, Address node, List<Receipt> receipts) {
    GetChannelResponse channel = first;
    long epoch = channel.getChannelEpoch();
    for (int attempt = 1; ; attempt++) {
      Optional<VoucherStep> newest = newest(channel);
      ChannelMemory memory =
          MemoryRules.follow(held.of(node), epoch, newest, client.address(), network.domain());
      if (newest.isPresent() && covers(newest.get(), receipts)) {
        held.keep(MemoryRules.isTaken(memory, epoch, newest) ? memory.acknowledged(epoch) : memory);
        return confirmation(newest.get().voucher().statement());
      }
      try {
        return MemoryRules.isMissing(memory, epoch, newest)
            ? resend(held, memory, epoch, newest, receipts)
            : extend(held, memory, epoch, newest, receipts);
      } catch (DGridException refused) {
        if (!refused.retryable() || attempt == TRIES) {
          throw refused;
        }
      }
      pause(attempt);
      channel = edge.channel(client.address(), node);
      requireSame(epoch, channel);
    }
  }

  private Confirmation extend(
      Held held,
      ChannelMemory before,
      long epoch,
      Optional<VoucherStep> newest,
      List<Receipt> receipts) {
    ChannelMemory memory =
        MemoryRules.isTaken(before, epoch, newest) ? before.acknowledged(epoch) : before;
    List<Receipt> open = memory.unconfirmed(receipts, network.domain());
    if (open.isEmpty()) {
      held.keep(memory);
      return confirmation(newest.orElseThrow().voucher().statement());
    }
    MemoryRules.requireUnpaid(held.all(), memory, epoch, open, network.domain());
    Optional<KeyAllowance> allowance =
        newest.flatMap(step -> allowance(step, memory.node(), epoch));
    VoucherStep next =
        VoucherRules.next(
            client,
            memory.node(),
            epoch,
            newest,
            allowance,
            open,
            clock.millis() + VALIDITY.toMillis(),
            network.domain());
    Optional<Endorsement> endorsement =
        allowance.map(
            key -> MemoryRules.endorsement(held.all(), memory, epoch, newest.orElseThrow(), key));
    // Before it leaves: a crash in between must not let the same be signed again.
    ChannelMemory signed = memory.signed(next, open, endorsement);
    held.keep(signed);
    edge.submitVoucher(VoucherCodec.toWire(next));
    held.keep(signed.acknowledged(epoch));
    return confirmation(next.voucher().statement());
  }

  /** Signed before, and the edge has not got it: the same again, not another one. */
  private Confirmation resend(
      Held held,
      ChannelMemory memory,
      long epoch,
      Optional<VoucherStep> newest,
      List<Receipt> receipts) {
    VoucherStep pending = memory.pending().get(epoch).step();
    try {
      edge.submitVoucher(VoucherCodec.toWire(pending));
    } catch (DGridException refused) {
      if (refused.retryable()) {
        throw refused;
      }
      // Too old, or what it names is covered otherwise by now.
      return extend(held, memory, epoch, newest, receipts);
    }
    ChannelMemory taken = memory.acknowledged(epoch);
    held.keep(taken);
    return extend(held, taken, epoch, Optional.of(pending), receipts);
  }

  /** Empty for a voucher of the client itself, and for one of nobody. */
  private Optional<KeyAllowance> allowance(VoucherStep newest, Address node, long epoch) {
    return newest
        .voucher()
        .signer(network.domain())
        .filter(signer -> !signer.equals(client.address()))
        .map(signer -> keys.allowance(signer, node, epoch));
  }

  /** In another epoch the same receipts could be paid a second time. */
  private static void requireSame(long epoch, GetChannelResponse channel) {
    if (channel.getChannelEpoch() != epoch) {
      throw new DGridException(
          ErrorCode.VOUCHER_STALE, "the edge changed the channel's epoch while it was confirmed");
    }
  }

  private boolean covers(VoucherStep newest, List<Receipt> receipts) {
    List<ReceiptHash> hashes = receipts.stream().map(r -> r.hash(network.domain())).toList();
    return newest.receipts().containsAll(hashes)
        && newest.voucher().isBy(client.address(), network.domain());
  }

  private static Optional<VoucherStep> newest(GetChannelResponse channel) {
    return channel.hasNewest()
        ? Optional.of(VoucherCodec.fromWire(channel.getNewest()))
        : Optional.empty();
  }

  private Confirmation confirmation(Voucher voucher) {
    Hash hash = voucher.digest(network.domain());
    return new Confirmation(
        voucher.node(), hash, voucher.cumulativeAmount(), voucher.receiptCount());
  }

  private static void pause(int attempt) {
    try {
      Thread.sleep(100L << attempt);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new DGridException(ErrorCode.CANCELLED, "interrupted while confirming receipts");
    }
  }
}
