package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;
import static io.dgrid.cli.proof.Check.Result.PENDING;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.ReceiptRules.Violation;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Statement;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.InclusionProof;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.dgrid.transport.codec.Wire;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The checks of one receipt, each on its own line. */
final class ReceiptChecks {
  private final ChainFacts chain;
  private final Domain domain;
  private final Address registry;
  private final String prefix;
  private final List<Check> checks = new ArrayList<>();

  ReceiptChecks(ChainFacts chain, Domain domain, Address registry, String prefix) {
    this.chain = chain;
    this.domain = domain;
    this.registry = registry;
    this.prefix = prefix;
  }

  List<Check> check(JobId job, ReceiptEvidence evidence) {
    IssuedReceipt issued = ReceiptCodec.fromWire(evidence.getReceipt());
    Receipt receipt = issued.receipt().statement();
    ReceiptHash hash = receipt.hash(domain);
    checkStatements(job, issued);
    if (evidence.hasVerdict()) {
      checks.addAll(
          new VerdictChecks(chain, domain, registry, prefix)
              .check(evidence.getVerdict(), hash, receipt.node(), receipt.outputTokens()));
    } else {
      pending("verdict", "the oracle has not spoken, or did not sample this receipt");
    }
    if (evidence.hasVoucher()) {
      checkVoucher(receipt, hash, VoucherCodec.fromWire(evidence.getVoucher()));
    } else {
      pending("voucher", "the client has not confirmed it");
    }
    if (evidence.hasProof() && evidence.hasBatch()) {
      checkProof(hash, evidence.getProof(), evidence.getBatch());
      checkBatch(evidence.getBatch());
    } else {
      pending("inclusion proof", "in no batch yet");
    }
    return checks;
  }

  private void checkStatements(JobId job, IssuedReceipt issued) {
    Receipt receipt = issued.receipt().statement();
    Set<Violation> broken = EnumSet.noneOf(Violation.class);
    broken.addAll(ReceiptRules.violations(issued, domain));
    add(
        "job id",
        receipt.jobId().equals(job) && issued.request().statement().jobId(domain).equals(job),
        "digest of the signed request " + job);
    checkSigner("request signature", issued.request(), receipt.client());
    add(
        "offer signature",
        !broken.contains(Violation.OFFER_SIGNATURE),
        "node " + issued.offer().statement().node());
    add(
        "receipt signature",
        !broken.contains(Violation.RECEIPT_SIGNATURE),
        "node " + receipt.node());
    broken.removeAll(EnumSet.of(Violation.OFFER_SIGNATURE, Violation.RECEIPT_SIGNATURE));
    add(
        "receipt rules",
        broken.isEmpty(),
        broken.isEmpty()
            ? "%d + %d tokens, %s"
                .formatted(
                    receipt.inputTokens(), receipt.outputTokens(), receipt.amount().display())
            : broken.toString());
  }

  /** The client itself, or a key that the chain knows it granted. */
  private void checkSigner(String name, Signed<? extends Statement> signed, Address client) {
    Optional<Address> signer = signed.signer(domain);
    if (signer.isEmpty()) {
      add(name, false, "fits no key");
    } else if (signer.get().equals(client)) {
      add(name, true, "client " + client);
    } else {
      add(
          name,
          chain.wasGranted(domain.settlement(), client, signer.get()),
          "key " + signer.get() + " of client " + client);
    }
  }

  private void checkVoucher(Receipt receipt, ReceiptHash hash, VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    checkSigner("voucher signature", step.voucher(), receipt.client());
    Hash root = step.previousRoot();
    for (ReceiptHash covered : step.receipts()) {
      root = Voucher.extend(root, covered);
    }
    boolean chained =
        voucher.client().equals(receipt.client())
            && voucher.node().equals(receipt.node())
            && step.receipts().contains(hash)
            && root.equals(voucher.receiptsRoot())
            && step.previousRoot().isZero() == (voucher.receiptCount() == step.receipts().size())
            && voucher.receiptCount() >= step.receipts().size()
            && voucher.cumulativeAmount().compareTo(receipt.amount()) >= 0;
    add(
        "voucher hash chain",
        chained,
        "receipt is among the %d that it adds".formatted(step.receipts().size()));
    boolean paid =
        chain
            .settledAmount(
                domain.settlement(), voucher.client(), voucher.node(), voucher.channelEpoch())
            .filter(settled -> settled.compareTo(voucher.cumulativeAmount()) >= 0)
            .isPresent();
    String total = voucher.cumulativeAmount().display() + " in all to " + voucher.node();
    checks.add(new Check(prefix + "payment", paid ? GOOD : PENDING, total));
  }

  private void checkProof(ReceiptHash hash, InclusionProof proof, Batch batch) {
    Hash root = Wire.hash(proof.getReceiptsRoot(), "proof.receipts_root");
    List<Hash> siblings =
        proof.getSiblingsList().stream().map(s -> Wire.hash(s, "proof.siblings")).toList();
    boolean leads =
        Wire.receiptHash(proof.getReceiptHash()).equals(hash)
            && root.equals(Wire.hash(batch.getReceiptsRoot(), "batch.receipts_root"))
            && MerkleTree.verify(root, MerkleTree.leaf(hash), siblings);
    add("inclusion proof", leads, siblings.size() + " siblings to root " + root);
    Optional<ChainFacts.SettledBatch> settled = chain.batchOf(domain.settlement(), root);
    if (settled.isEmpty()) {
      pending("root on chain", "the contract has not settled it");
      return;
    }
    boolean same =
        settled
                .get()
                .dataCommitment()
                .equals(Wire.hash(batch.getDataCommitment(), "batch.data_commitment"))
            && settled.get().receiptCount() == batch.getReceiptCount()
            && chain.verifyReceipt(domain.settlement(), root, hash, siblings);
    add(
        "root on chain",
        same,
        "batch %d of %d receipts, the contract accepts the proof"
            .formatted(settled.get().number(), settled.get().receiptCount()));
  }

  private void checkBatch(Batch batch) {
    if (batch.getTransactionHash().isEmpty() || batch.getBlockHash().isEmpty()) {
      pending("batch transaction", "not in a block yet");
      return;
    }
    checks.addAll(new TransactionChecks(chain, domain.settlement(), prefix).check(batch));
  }

  private void add(String name, boolean good, String detail) {
    checks.add(new Check(prefix + name, good ? GOOD : BROKEN, detail));
  }

  private void pending(String name, String detail) {
    checks.add(new Check(prefix + name, PENDING, detail));
  }
}
