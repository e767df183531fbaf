package io.dgrid.settlement.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.settlement.Parties;
import io.dgrid.settlement.batch.VoucherRule.Decision;
import io.dgrid.settlement.batch.VoucherRule.Payable;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories: receipts and vouchers of several channels arrive in any order, some twice, some
 * vouchers altered. Whatever happens, money is conserved and no receipt counts twice.
 */
class MoneyPropertyTest {
  private static final Domain DOMAIN = new Domain(31337, new Address(1, 2, 3));
  private static final int CHANNELS = 4;
  private static final int VOUCHERS = 8;

  private final Map<ReceiptHash, Payable> known = new HashMap<>();
  private final Map<Channel, ChannelState> channels = new HashMap<>();
  private final Set<ReceiptHash> covered = new HashSet<>();
  private BigInteger paid = BigInteger.ZERO;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void paidIsTheSumOfTheReceiptsCoveredAndBatchesShareNone(long seed) {
    Random random = new Random(seed);
    List<VoucherStep> honest = new ArrayList<>();
    List<IssuedReceipt> receipts = new ArrayList<>();
    for (int c = 0; c < CHANNELS; c++) {
      Parties parties = new Parties(DOMAIN);
      for (int v = 0; v < VOUCHERS; v++) {
        List<IssuedReceipt> named = new ArrayList<>();
        for (int r = 0; r <= random.nextInt(3); r++) {
          named.add(parties.receipt());
        }
        receipts.addAll(named);
        honest.add(parties.voucher(named));
      }
    }
    List<Object> arrivals = new ArrayList<>(receipts);
    arrivals.addAll(honest);
    arrivals.addAll(honest.subList(0, honest.size() / 2));
    honest.forEach(step -> arrivals.add(altered(step, random)));
    Collections.shuffle(arrivals, random);

    play(arrivals);

    BigInteger all = sum(receipts.stream().map(r -> r.receipt().statement().amount()).toList());
    assertThat(paid).isEqualTo(all);
    assertThat(covered).hasSize(receipts.size());
    assertThat(sum(channels.values().stream().map(ChannelState::cumulative).toList()))
        .isEqualTo(all);
    assertBatchesShareNothing(receipts, random);
  }

  /** Waiting vouchers are tried again after every arrival, as the service does. */
  private void play(List<Object> arrivals) {
    List<VoucherStep> waiting = new ArrayList<>();
    for (Object arrival : arrivals) {
      switch (arrival) {
        case IssuedReceipt issued -> {
          var statement = issued.receipt().statement();
          known.putIfAbsent(
              statement.hash(DOMAIN),
              new Payable(statement.client(), statement.node(), statement.amount(), false));
        }
        case VoucherStep step -> waiting.add(step);
        default -> throw new AssertionError();
      }
      boolean moved;
      do {
        moved = waiting.removeIf(this::isDecided);
      } while (moved);
    }
  }

  private boolean isDecided(VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    Channel channel = Channel.of(voucher);
    ChannelState before = channels.getOrDefault(channel, ChannelState.EMPTY);
    Decision decision =
        VoucherRule.decide(voucher, step.receipts(), step.previousRoot(), before, known);
    return switch (decision) {
      case Decision.Wait ignored -> false;
      case Decision.Reject ignored -> true;
      case Decision.Accept(var next) -> {
        BigInteger delta = next.cumulative().units().subtract(before.cumulative().units());
        List<TokenAmount> amounts =
            step.receipts().stream().map(hash -> known.get(hash).amount()).toList();
        assertThat(delta).isEqualTo(sum(amounts));
        for (ReceiptHash hash : step.receipts()) {
          assertThat(covered.add(hash)).as("covered once: %s", hash).isTrue();
          Payable p = known.get(hash);
          known.put(hash, new Payable(p.client(), p.node(), p.amount(), true));
        }
        channels.put(channel, next);
        paid = paid.add(delta);
        yield true;
      }
    };
  }

  private static VoucherStep altered(VoucherStep step, Random random) {
    Voucher v = step.voucher().statement();
    TokenAmount more = v.cumulativeAmount().plus(TokenAmount.of(1 + random.nextInt(1000)));
    Voucher greedy =
        new Voucher(
            v.client(),
            v.node(),
            v.channelEpoch(),
            more,
            v.receiptCount(),
            v.receiptsRoot(),
            v.validBefore());
    return new VoucherStep(
        new io.dgrid.core.receipt.Signed<>(greedy, step.voucher().signature()),
        step.receipts(),
        step.previousRoot());
  }

  private void assertBatchesShareNothing(List<IssuedReceipt> receipts, Random random) {
    List<OpenReceipt> open = new ArrayList<>();
    for (int i = 0; i < receipts.size(); i++) {
      var receipt = receipts.get(i).receipt();
      open.add(new OpenReceipt(i, receipt.statement().hash(DOMAIN), receipt, 0));
    }
    Set<ReceiptHash> placed = new HashSet<>();
    BigInteger total = BigInteger.ZERO;
    while (!open.isEmpty()) {
      List<OpenReceipt> page = open.subList(0, Math.min(open.size(), 1 + random.nextInt(9)));
      ClosedBatch batch = ClosedBatch.of(List.copyOf(page), List.of());
      batch.receipts().forEach(r -> assertThat(placed.add(r.hash())).isTrue());
      total = total.add(batch.amount().units());
      page.clear();
    }
    assertThat(total).isEqualTo(paid);
  }

  private static BigInteger sum(List<TokenAmount> amounts) {
    return amounts.stream().map(TokenAmount::units).reduce(BigInteger.ZERO, BigInteger::add);
  }
}
