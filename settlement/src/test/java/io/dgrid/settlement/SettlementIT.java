package io.dgrid.settlement;

import static io.dgrid.settlement.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.local.chain.EvmRpc;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.BatchState;
import io.dgrid.proto.settlement.v1.GetSegmentRequest;
import io.dgrid.proto.settlement.v1.GetSegmentResponse;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The packaged service between a real broker, a real database and a real chain. */
@ExtendWith(SharedNetwork.class)
class SettlementIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static SettlementNetwork network;

  @BeforeAll
  static void network() {
    network = SharedNetwork.network();
  }

  @Test
  void paidReceiptsAreSettledProvenAndPublished() throws Exception {
    Parties parties = network.fundedParties();
    List<IssuedReceipt> receipts = receipts(parties, 5);
    // The voucher first: it has to wait for what it pays.
    network.publish(parties.voucher(receipts));
    for (IssuedReceipt receipt : receipts) {
      network.publish(receipt);
    }

    AuditBundle bundle = network.finalise(receipts.getLast());

    ReceiptEvidence evidence = bundle.getReceipts(0);
    assertThat(evidence.getVoucher().getReceiptsCount()).isEqualTo(5);
    Batch batch = evidence.getBatch();
    assertThat(batch.getPaid()).isEqualTo(batch.getAmount());
    assertThat(new BigInteger(batch.getFee())).isPositive();
    assertThat(batch.getGasUsed()).isPositive();
    assertProven(evidence);
    assertThat(network.settled(parties)).isEqualTo(total(receipts).units());
    assertSegment(batch);
    assertThat(movements(Movement::hasDeposited))
        .anyMatch(m -> m.getDeposited().getClient().equals(wire(parties.client)));
    assertThat(movements(Movement::hasVoucherSettled))
        .filteredOn(m -> m.getVoucherSettled().getClient().equals(wire(parties.client)))
        .singleElement()
        .satisfies(
            m ->
                assertThat(m.getVoucherSettled().getCumulative())
                    .isEqualTo(total(receipts).toString()));
    assertThat(movements(Movement::hasBatchSettled))
        .filteredOn(m -> m.getBatchSettled().getReceiptsRoot().equals(batch.getReceiptsRoot()))
        .singleElement();
    assertThat(movements(Movement::hasStakeChanged)).isNotEmpty();
    assertThat(movements(Movement::hasKeyGranted)).isNotEmpty();
  }

  @Test
  void finalityOfAnOlderVoucherDoesNotHoldBackANewerOne() throws Exception {
    Parties parties = network.fundedParties();
    List<IssuedReceipt> receipts = new ArrayList<>();
    // Finality lags eight blocks behind: each old voucher becomes final while newer ones are due.
    for (int round = 0; round < 6; round++) {
      network.mine(3);
      IssuedReceipt receipt = parties.receipt();
      receipts.add(receipt);
      network.publish(receipt);
      network.publish(parties.voucher(List.of(receipt)));
      AuditBundle bundle = network.awaitState(receipt, BatchState.BATCH_STATE_MINED);
      assertThat(bundle.getReceipts(0).getBatch().getPaid())
          .as("round %d", round)
          .isEqualTo(receipt.receipt().statement().amount().toString());
    }
    assertThat(network.settled(parties)).isEqualTo(total(receipts).units());
  }

  @Test
  void everyRecordTwiceChangesNothing() throws Exception {
    Parties parties = network.fundedParties();
    List<IssuedReceipt> receipts = receipts(parties, 3);
    VoucherStep voucher = parties.voucher(receipts);
    for (int round = 0; round < 2; round++) {
      for (IssuedReceipt receipt : receipts) {
        network.publish(receipt);
      }
      network.publish(voucher);
    }

    AuditBundle bundle = network.finalise(receipts.getFirst());
    // A later batch proves that nothing of the copies was left over.
    List<IssuedReceipt> later = receipts(parties, 1);
    network.publish(later.getFirst());
    network.publish(parties.voucher(later));
    AuditBundle second = network.finalise(later.getFirst());

    assertThat(bundle.getReceiptsCount()).isEqualTo(1);
    assertThat(second.getReceipts(0).getBatch().getReceiptCount()).isEqualTo(1);
    assertThat(network.settled(parties)).isEqualTo(total(receipts).plus(total(later)).units());
  }

  @Test
  void hostileRecordsAreRefusedAndHoldUpNobody() throws Exception {
    Parties parties = network.fundedParties();
    IssuedReceipt honest = parties.receipt();
    network.send("dgrid.receipt.v1.issued", new byte[] {1}, new byte[] {1, 2, 3});
    network.send("dgrid.voucher.v1.signed", new byte[] {1}, new byte[] {(byte) 0xff});
    network.send("dgrid.verdict.v1.issued", new byte[] {1}, new byte[] {8});
    // Signed by nobody who could: another node's key under this receipt.
    network.publish(
        new IssuedReceipt(
            Signed.by(SigningKey.random(), network.domain, honest.receipt().statement()),
            honest.offer(),
            honest.request()));
    // A node that writes its own voucher.
    VoucherStep good = parties.voucher(List.of(honest));
    Voucher statement = good.voucher().statement();
    network.publish(
        new VoucherStep(
            Signed.by(parties.node, network.domain, statement),
            good.receipts(),
            good.previousRoot()));
    network.publish(honest);
    network.publish(good);

    AuditBundle bundle = network.finalise(honest);

    assertThat(bundle.getReceipts(0).getVoucher().getSignature())
        .isEqualTo(Wire.bytes(good.voucher().signature()));
    assertThat(network.settlement.metrics())
        .contains("dgrid_settlement_receipts_total{outcome=\"receipt_signature\"")
        .contains("dgrid_settlement_receipts_total{outcome=\"malformed\"");
  }

  @Test
  void onlyTheVerdictOfAnOracleThatTheChainKnowsIsKept() throws Exception {
    Parties parties = network.fundedParties();
    IssuedReceipt receipt = parties.receipt();
    Verdict verdict = verdict(parties, receipt, VerdictResult.MATCH, 10);
    Verdict forged = verdict(parties, receipt, VerdictResult.MISMATCH, 20);
    network.publish(receipt);
    network.publish(Signed.by(parties.client, network.domain, forged));
    network.publish(Signed.by(network.oracle, network.domain, verdict));
    network.publish(Signed.by(parties.client, network.domain, forged));
    network.publish(parties.voucher(List.of(receipt)));

    network.finalise(receipt);
    eventually(
        "both forged verdicts are counted",
        PATIENCE,
        () ->
            network
                .settlement
                .metrics()
                .lines()
                .anyMatch(
                    line ->
                        line.startsWith("dgrid_settlement_verdicts_total{outcome=\"not_an_oracle\"")
                            && line.endsWith(" 2.0")));

    assertThat(network.evidence(Parties.job(receipt)).getReceipts(0).getVerdict())
        .isEqualTo(VerdictCodec.toWire(Signed.by(network.oracle, network.domain, verdict)).build());
  }

  private static Verdict verdict(
      Parties parties, IssuedReceipt receipt, VerdictResult result, long decidedAt) {
    return new Verdict(
        parties.hash(receipt),
        parties.node.address(),
        parties.client.address(),
        result,
        Verdict.T1,
        0,
        20,
        0,
        0,
        decidedAt);
  }

  @Test
  void batchSurvivesAReorganisationOfItsBlock() throws Exception {
    Parties parties = network.fundedParties();
    IssuedReceipt receipt = parties.receipt();
    network.publish(receipt);
    network.publish(parties.voucher(List.of(receipt)));
    Batch mined =
        network.awaitState(receipt, BatchState.BATCH_STATE_MINED).getReceipts(0).getBatch();

    // No deeper than the batch's own block: the deposit that pays for it must stay.
    long head =
        Long.decode(EvmRpc.call(network.chain.rpcUrl(), "eth_blockNumber", List.of()).asText());
    long depth = head - mined.getBlockNumber() + 1;
    EvmRpc.call(network.chain.rpcUrl(), "anvil_reorg", List.of(depth, List.of()));

    Batch last = network.finalise(receipt).getReceipts(0).getBatch();
    assertThat(last.getBlockHash()).isNotEqualTo(mined.getBlockHash());
    assertThat(network.settled(parties)).isEqualTo(total(List.of(receipt)).units());
    assertThat(network.settlement.metrics()).contains("dgrid_settlement_chain_rollbacks_total");
  }

  @Test
  void chainAwayAndCrashInBetweenDelaySettlementOnly() throws Exception {
    Parties parties = network.fundedParties();
    IssuedReceipt receipt = parties.receipt();
    network.chain.process().stop();

    network.publish(receipt);
    network.publish(parties.voucher(List.of(receipt)));
    Batch closed =
        network.awaitState(receipt, BatchState.BATCH_STATE_CLOSED).getReceipts(0).getBatch();
    eventually(
        "readiness names the missing chain",
        PATIENCE,
        () -> network.settlement.readiness().contains("UNREACHABLE"));
    assertThat(network.settlement.readiness()).contains("\"status\": \"UP\"");
    network.settlement.kill();
    network.settlement.start();
    network.restartChain();

    Batch last = network.finalise(receipt).getReceipts(0).getBatch();
    assertThat(last.getReceiptsRoot()).isEqualTo(closed.getReceiptsRoot());
    assertThat(network.settled(parties)).isEqualTo(total(List.of(receipt)).units());
  }

  private static List<IssuedReceipt> receipts(Parties parties, int count) {
    return IntStream.range(0, count).mapToObj(i -> parties.receipt()).toList();
  }

  private static TokenAmount total(List<IssuedReceipt> receipts) {
    return receipts.stream()
        .map(r -> r.receipt().statement().amount())
        .reduce(TokenAmount.ZERO, TokenAmount::plus);
  }

  private static com.google.protobuf.ByteString wire(SigningKey key) {
    return Wire.bytes(key.address());
  }

  private static void assertProven(ReceiptEvidence evidence) throws Exception {
    Hash receipt = Wire.hash(evidence.getProof().getReceiptHash(), "receipt");
    Hash root = Wire.hash(evidence.getBatch().getReceiptsRoot(), "root");
    List<Hash> siblings =
        evidence.getProof().getSiblingsList().stream().map(s -> Wire.hash(s, "s")).toList();
    Hash leaf = MerkleTree.leaf(new io.dgrid.core.identity.ReceiptHash(receipt));
    assertThat(MerkleTree.verify(root, leaf, siblings)).isTrue();
    assertThat(
            network
                .deployer
                .settlement(network.deployment)
                .verifyReceipt(
                    root.toBytes(),
                    receipt.toBytes(),
                    siblings.stream().map(Hash::toBytes).toList())
                .send())
        .isTrue();
  }

  private static void assertSegment(Batch batch) {
    byte[] segment =
        network
            .service
            .getSegment(
                GetSegmentRequest.newBuilder().setDataCommitment(batch.getDataCommitment()).build())
            .getSegment()
            .toByteArray();
    assertThat(Wire.bytes(Keccak.hash(segment))).isEqualTo(batch.getDataCommitment());
    assertThat(segment).hasSize(6 + 4 + batch.getReceiptCount() * (512 + 65));
    assertThat(inParts(batch, 100)).isEqualTo(segment);
    assertThat(inParts(batch, segment.length)).isEqualTo(segment);
  }

  private static byte[] inParts(Batch batch, int limit) {
    var all = new java.io.ByteArrayOutputStream();
    GetSegmentResponse part;
    do {
      part =
          network.service.getSegment(
              GetSegmentRequest.newBuilder()
                  .setDataCommitment(batch.getDataCommitment())
                  .setOffset(all.size())
                  .setLimit(limit)
                  .build());
      all.writeBytes(part.getSegment().toByteArray());
    } while (!part.getSegment().isEmpty());
    assertThat(part.getSize()).isEqualTo(all.size());
    return all.toByteArray();
  }

  private static List<Movement> movements(java.util.function.Predicate<Movement> which)
      throws Exception {
    return network.movements().stream().filter(which).toList();
  }
}
