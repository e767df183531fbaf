package io.dgrid.cli.proof;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.InclusionProof;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.dgrid.transport.codec.Wire;
import java.util.ArrayList;
import java.util.List;

/**
 * A job that moved from one node to another in mid-answer, settled in a batch of three receipts,
 * and the chain that agrees with it.
 */
final class BundleFixture {
  static final Address SETTLEMENT = Address.fromHex("5e".repeat(20));
  static final Address REGISTRY = Address.fromHex("4e".repeat(20));
  static final Domain DOMAIN = new Domain(31337, SETTLEMENT);
  static final SigningKey CLIENT = key(1);
  static final SigningKey ORACLE = key(2);
  static final SigningKey VERIFIER = key(3);
  private static final ModelId MODEL = new ModelId(hash(10));
  private static final Hash SALT = hash(11);
  private static final Hash COMMITMENT = hash(12);
  private static final Hash TRANSACTION = hash(13);
  private static final Hash BLOCK = hash(14);
  private static final long GAS = 123_456;
  private static final long BLOCK_NUMBER = 77;

  private final JobRequest request =
      new JobRequest(
          CLIENT.address(),
          MODEL,
          hash(20),
          hash(21),
          Price.of(4_000_000),
          8,
          5,
          1_900_000_000_000L);
  private final List<IssuedReceipt> receipts =
      List.of(
          receipt(key(4), 1, 0, 9, 3, FinishReason.INTERRUPTED),
          receipt(key(5), 2, 3, 0, 2, FinishReason.STOP));
  private final MerkleTree tree =
      MerkleTree.overReceipts(List.of(hashOf(0), new ReceiptHash(hash(30)), hashOf(1)));

  /** What the edge would send: provable, and with what settlement adds. */
  AuditBundle bundle() {
    AuditBundle.Builder bundle =
        AuditBundle.newBuilder()
            .setVersion(1)
            .setChainId(DOMAIN.chainId())
            .setSettlement(Wire.bytes(SETTLEMENT))
            .setNodeRegistry(Wire.bytes(REGISTRY))
            .setJobId(Wire.bytes(request.jobId(DOMAIN)));
    for (int i = 0; i < receipts.size(); i++) {
      bundle.addReceipts(
          ReceiptEvidence.newBuilder()
              .setReceipt(ReceiptCodec.toWire(receipts.get(i)))
              .setVerdict(verdict(i))
              .setVoucher(VoucherCodec.toWire(voucher(i)))
              .setProof(proof(i))
              .setBatch(batch()));
    }
    return bundle.build();
  }

  FakeChain chain() {
    FakeChain chain = new FakeChain(DOMAIN.chainId(), SETTLEMENT, REGISTRY, ORACLE.address());
    chain.settle(tree.root(), COMMITMENT, 3);
    chain.mine(TRANSACTION, BLOCK_NUMBER, BLOCK, GAS, tree.root(), COMMITMENT, 3, 1_000, 10);
    for (int i = 0; i < receipts.size(); i++) {
      Voucher voucher = voucher(i).voucher().statement();
      chain.pay(
          voucher.client(), voucher.node(), voucher.channelEpoch(), voucher.cumulativeAmount());
    }
    return chain;
  }

  private ReceiptHash hashOf(int index) {
    return receipts.get(index).receipt().statement().hash(DOMAIN);
  }

  private IssuedReceipt receipt(
      SigningKey node, int attempt, int first, int input, int output, FinishReason reason) {
    Offer offer =
        new Offer(
            node.address(), MODEL, Price.of(1_000_000), Price.of(2_000_000), 2, 1_900_000_000_000L);
    int[] tokens = java.util.stream.IntStream.range(first, first + output).toArray();
    Receipt receipt =
        new Receipt(
            request.jobId(DOMAIN),
            attempt,
            CLIENT.address(),
            node.address(),
            MODEL,
            request.structHash(),
            Fingerprint.responseHash(SALT, first, tokens),
            Fingerprint.root(SALT, tokens, tokens),
            first,
            input,
            output,
            offer.pricing().bill(input, output),
            1_800_000_000_000L,
            1_800_000_001_000L,
            reason,
            hash(40));
    return new IssuedReceipt(
        Signed.by(node, DOMAIN, receipt),
        Signed.by(node, DOMAIN, offer),
        Signed.by(CLIENT, DOMAIN, request));
  }

  private SignedVerdict verdict(int index) {
    Receipt receipt = receipts.get(index).receipt().statement();
    Hash scores = Fingerprint.scoresHash(new int[] {1}, new int[] {2});
    Verdict verdict =
        new Verdict(
            receipt.hash(DOMAIN),
            receipt.node(),
            VERIFIER.address(),
            VerdictResult.MATCH,
            Verdict.T1 | Verdict.T3 | Verdict.T4,
            0,
            receipt.outputTokens(),
            0,
            0,
            1_800_000_002_000L);
    ScoreReport report =
        new ScoreReport(receipt.hash(DOMAIN), VERIFIER.address(), scores, 1_800_000_001_500L);
    return VerdictCodec.toWire(Signed.by(ORACLE, DOMAIN, verdict))
        .setScoresHash(Wire.bytes(scores))
        .setScoredAt(report.scoredAt())
        .setVerifierSignature(Wire.bytes(Signed.by(VERIFIER, DOMAIN, report).signature()))
        .build();
  }

  private VoucherStep voucher(int index) {
    Receipt receipt = receipts.get(index).receipt().statement();
    Hash previous = hash(50 + index);
    Voucher voucher =
        new Voucher(
            CLIENT.address(),
            receipt.node(),
            1,
            receipt.amount().plus(TokenAmount.of(100)),
            4,
            Voucher.extend(previous, receipt.hash(DOMAIN)),
            1_900_000_000_000L);
    return new VoucherStep(
        Signed.by(CLIENT, DOMAIN, voucher), List.of(receipt.hash(DOMAIN)), previous);
  }

  private InclusionProof proof(int index) {
    int place = 2 * index;
    List<ByteString> siblings = new ArrayList<>();
    tree.proof(place).forEach(s -> siblings.add(Wire.bytes(s)));
    return InclusionProof.newBuilder()
        .setReceiptHash(Wire.bytes(hashOf(index)))
        .addAllSiblings(siblings)
        .setReceiptsRoot(Wire.bytes(tree.root()))
        .setIndex(place)
        .build();
  }

  private Batch batch() {
    return Batch.newBuilder()
        .setNumber(1)
        .setReceiptsRoot(Wire.bytes(tree.root()))
        .setDataCommitment(Wire.bytes(COMMITMENT))
        .setReceiptCount(3)
        .setVoucherCount(2)
        .setAmount("900")
        .setTransactionHash(Wire.bytes(TRANSACTION))
        .setBlockNumber(BLOCK_NUMBER)
        .setBlockHash(Wire.bytes(BLOCK))
        .setGasUsed(GAS)
        .setClosedAt(1_800_000_003_000L)
        .setPaid("1000")
        .setFee("10")
        .build();
  }

  private static SigningKey key(int number) {
    return SigningKey.of(hash(1_000 + number).toBytes());
  }

  private static Hash hash(int number) {
    return Keccak.hash(
        Integer.toString(number).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }
}
