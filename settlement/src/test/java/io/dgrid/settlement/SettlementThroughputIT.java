package io.dgrid.settlement;

import static io.dgrid.settlement.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.receipt.IssuedReceipt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prints how fast receipts and vouchers become batches, all parts real and on this machine. Only on
 * request: {@code -Ddgrid.measure=true}, with {@code -Ddgrid.measure.receipts=N}.
 */
@EnabledIfSystemProperty(named = "dgrid.measure", matches = "true")
class SettlementThroughputIT {
  private static final int RECEIPTS = Integer.getInteger("dgrid.measure.receipts", 20_000);
  private static final int PAIRS = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @TempDir Path folder;

  @Test
  void receiptsBecomeBatches() throws Exception {
    int perVoucher = Integer.getInteger("dgrid.measure.per-voucher", 20);
    try (SettlementNetwork network =
        SettlementNetwork.start(folder, Map.of("dgrid.settlement.batch.max-receipts", "10000"))) {
      List<Parties> pairs = new ArrayList<>();
      for (int i = 0; i < PAIRS; i++) {
        pairs.add(network.fundedParties());
      }
      List<IssuedReceipt> receipts = new ArrayList<>();
      List<io.dgrid.transport.codec.VoucherCodec.VoucherStep> vouchers = new ArrayList<>();
      for (int i = 0; i < RECEIPTS / perVoucher; i++) {
        Parties pair = pairs.get(i % PAIRS);
        List<IssuedReceipt> step = new ArrayList<>();
        for (int j = 0; j < perVoucher; j++) {
          step.add(pair.receipt());
        }
        receipts.addAll(step);
        vouchers.add(pair.voucher(step));
      }
      int expected = receipts.size();
      long start = System.nanoTime();
      network.publishAll(receipts);
      eventually(
          "receipts are stored",
          PATIENCE,
          () -> network.metric("receipts_total{outcome=\"accepted\"") >= expected);
      double stored = seconds(start);
      start = System.nanoTime();
      network.publishAllVouchers(vouchers);
      eventually(
          "vouchers are accepted",
          PATIENCE,
          () -> network.metric("vouchers_total{outcome=\"accepted\"") >= vouchers.size());
      double accepted = seconds(start);
      eventually(
          "receipts are in batches",
          PATIENCE,
          () -> network.metric("batch_receipts_sum") >= expected);
      double batched = seconds(start);
      System.out.printf(
          Locale.ROOT,
          "%d receipts: stored %.0f/s; %d vouchers of %d receipts: accepted %.0f/s (%.0f receipts/s); in batches %.0f receipts/s after their vouchers came%n",
          expected,
          expected / stored,
          vouchers.size(),
          perVoucher,
          vouchers.size() / accepted,
          expected / accepted,
          expected / batched);
      assertThat(network.metric("receipts_total{outcome=\"accepted\"")).isEqualTo(expected);
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }
}
