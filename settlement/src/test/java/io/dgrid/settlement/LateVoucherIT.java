package io.dgrid.settlement;

import static io.dgrid.settlement.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.local.chain.EvmRpc;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.VoucherSettled;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Vouchers that their batch could not pay, and no receipt that would bring them along again. */
@ExtendWith(SharedNetwork.class)
class LateVoucherIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static SettlementNetwork network;

  @BeforeAll
  static void network() {
    network = SharedNetwork.network();
  }

  @Test
  void depositPaysWhatWasSkippedEvenWhenTheServiceMissedIt() throws Exception {
    Parties parties = new Parties(network.domain);
    IssuedReceipt receipt = parties.receipt();
    BigInteger amount = receipt.receipt().statement().amount().units();
    network.publish(receipt);
    network.publish(parties.voucher(List.of(receipt)));
    Batch batch = network.finalise(receipt).getReceipts(0).getBatch();
    assertThat(batch.getVoucherCount()).isEqualTo(1);
    assertThat(batch.getPaid()).isEqualTo("0");

    network.settlement.kill();
    network.deposit(parties, amount.shiftLeft(1));
    network.settlement.start();

    awaitSettled(parties, amount);
    assertThat(awaitPayments(parties, 1))
        .singleElement()
        .satisfies(p -> assertThat(p.getCumulative()).isEqualTo(amount.toString()));
  }

  @Test
  void restOfAShortPaymentIsPaidOnce() throws Exception {
    Parties parties = new Parties(network.domain);
    IssuedReceipt receipt = parties.receipt();
    BigInteger amount = receipt.receipt().statement().amount().units();
    BigInteger third = amount.divide(BigInteger.valueOf(3));
    network.deposit(parties, third);
    network.publish(receipt);
    network.publish(parties.voucher(List.of(receipt)));
    awaitPayments(parties, 1);
    assertThat(network.settled(parties)).isEqualTo(third);

    network.deposit(parties, amount);
    awaitSettled(parties, amount);

    // The rest, to the unit: a third of the second deposit is still the client's.
    assertThat(awaitPayments(parties, 2))
        .extracting(VoucherSettled::getPaid)
        .containsExactly(third.toString(), amount.subtract(third).toString());
    assertThat(balance(parties)).isEqualTo(third);
  }

  @Test
  void vouchersWhoseBlockVanishesArePaidAgainButOnce() throws Exception {
    Parties parties = new Parties(network.domain);
    IssuedReceipt receipt = parties.receipt();
    BigInteger amount = receipt.receipt().statement().amount().units();
    network.publish(receipt);
    network.publish(parties.voucher(List.of(receipt)));
    network.finalise(receipt);
    network.deposit(parties, amount.shiftLeft(1));
    awaitSettled(parties, amount);
    long head = head();
    long payment = paymentBlock(parties);
    eventually("the service saw the payment", PATIENCE, () -> followedTo(head));

    // Else the service would have paid again before anybody looked.
    network.mineNothing();
    EvmRpc.call(network.chain.rpcUrl(), "anvil_reorg", List.of(head() - payment + 1, List.of()));
    assertThat(network.settled(parties)).isZero();
    network.mineTransactions();

    awaitSettled(parties, amount);
    assertThat(awaitPayments(parties, 1)).hasSize(1);
    assertThat(balance(parties)).isEqualTo(amount);
  }

  private static void awaitSettled(Parties parties, BigInteger amount) {
    network.mineUntil("the voucher is paid", () -> network.settled(parties).equals(amount));
  }

  /** Payments of the client that are final, once there are so many. */
  private static List<VoucherSettled> awaitPayments(Parties parties, int count) throws Exception {
    network.mineUntil(count + " payments are final", () -> payments(parties).size() >= count);
    return payments(parties);
  }

  private static List<VoucherSettled> payments(Parties parties) throws Exception {
    return network.movements().stream()
        .filter(m -> m.hasVoucherSettled())
        .map(m -> m.getVoucherSettled())
        .filter(v -> v.getClient().equals(Wire.bytes(parties.client.address())))
        .toList();
  }

  private static BigInteger balance(Parties parties) throws Exception {
    return network
        .deployer
        .escrow(network.deployment)
        .balanceOf(parties.client.address().toString())
        .send();
  }

  private static long head() throws Exception {
    return Long.decode(EvmRpc.call(network.chain.rpcUrl(), "eth_blockNumber", List.of()).asText());
  }

  private static long paymentBlock(Parties parties) throws Exception {
    var logs =
        EvmRpc.call(
            network.chain.rpcUrl(),
            "eth_getLogs",
            List.of(
                Map.of(
                    "fromBlock",
                    "0x0",
                    "address",
                    network.deployment.settlement(),
                    "topics",
                    List.of(
                        org.web3j.abi.EventEncoder.encode(
                            io.dgrid.contracts.generated.Settlement.VOUCHERSETTLED_EVENT),
                        "0x"
                            + "0".repeat(24)
                            + parties.client.address().toString().substring(2)))));
    assertThat(logs).hasSize(1);
    return Long.decode(logs.get(0).get("blockNumber").asText());
  }

  private static boolean followedTo(long block) {
    var head =
        java.util.regex.Pattern.compile("\"head\": (\\d+)").matcher(network.settlement.readiness());
    return head.find() && Long.parseLong(head.group(1)) >= block;
  }
}
