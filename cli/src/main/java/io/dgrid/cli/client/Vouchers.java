package io.dgrid.cli.client;

import io.dgrid.cli.chain.ChainFacts;
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

/** Confirms receipts with cumulative vouchers, one channel per node. */
public final class Vouchers {
  private static final Duration VALIDITY = Duration.ofDays(30);
  private static final int TRIES = 5;

  private final EdgeClient edge;
  private final Network network;
  private final Signer client;
  private final InstantSource clock;
  private final SessionKeys keys;

  /**
   * @param chain without it no voucher is signed on top of one that a session key signed
   */
  public Vouchers(
      EdgeClient edge,
      Network network,
      Signer client,
      InstantSource clock,
      Optional<ChainFacts> chain) {
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
    byNode.forEach((node, ofNode) -> confirmed.add(confirm(node, ofNode)));
    return confirmed;
  }

  /**
   * Confirms what earlier jobs of this client left open: receipts that obey every rule and answer a
   * request that this client signed. Their tokens are no longer at hand, so the response hash is
   * taken on the node's word.
   *
   * @return receipts confirmed
   */
  public int confirmLeftOvers() {
    int count = 0;
    for (var node : edge.nodes()) {
      Address address = Address.of(node.getAddress().toByteArray());
      List<Receipt> open =
          edge.channel(client.address(), address).getUnconfirmedList().stream()
              .map(ReceiptCodec::fromWire)
              .filter(this::isOwnAndRight)
              .map(issued -> issued.receipt().statement())
              .toList();
      if (!open.isEmpty()) {
        confirm(address, open);
        count += open.size();
      }
    }
    return count;
  }

  private boolean isOwnAndRight(IssuedReceipt issued) {
    return issued.request().isBy(client.address(), network.domain())
        && ReceiptRules.violations(issued, network.domain()).isEmpty();
  }

  private Confirmation confirm(Address node, List<Receipt> receipts) {
    GetChannelResponse channel = edge.channel(client.address(), node);
    long epoch = channel.getChannelEpoch();
    for (int attempt = 1; ; attempt++) {
      Optional<VoucherStep> newest = newest(channel);
      if (newest.isPresent() && covers(newest.get(), receipts)) {
        return confirmation(newest.get().voucher().statement());
      }
      VoucherStep next =
          VoucherRules.next(
              client,
              node,
              epoch,
              newest,
              newest.flatMap(step -> allowance(step, node, epoch)),
              receipts,
              clock.millis() + VALIDITY.toMillis(),
              network.domain());
      try {
        edge.submitVoucher(VoucherCodec.toWire(next));
        return confirmation(next.voucher().statement());
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
