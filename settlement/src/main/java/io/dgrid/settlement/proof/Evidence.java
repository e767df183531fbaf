package io.dgrid.settlement.proof;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.proto.receipt.v1.IssuedReceipt;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.settlement.ledger.BatchRecord;
import io.dgrid.settlement.ledger.BatchRepository;
import io.dgrid.settlement.proof.EvidenceRepository.Kept;
import io.dgrid.settlement.proof.EvidenceRepository.Place;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Puts together everything said about one job. */
@ApplicationScoped
class Evidence {
  private static final int VERSION = 1;

  /** Far more attempts than any job has. */
  private static final int MAX_RECEIPTS = 100;

  private final EvidenceRepository kept;
  private final BatchRepository batches;
  private final Domain domain;

  Evidence(EvidenceRepository kept, BatchRepository batches, Domain domain) {
    this.kept = kept;
    this.batches = batches;
    this.domain = domain;
  }

  /**
   * Parts that are pending are absent.
   *
   * @throws DGridException NOT_FOUND (in the Uni) when no receipt of the job has arrived
   */
  Uni<AuditBundle> of(JobId job) {
    return kept.receipts(job, MAX_RECEIPTS)
        .flatMap(
            receipts -> {
              if (receipts.isEmpty()) {
                return Uni.createFrom()
                    .failure(
                        new DGridException(
                            ErrorCode.NOT_FOUND, "settlement has no receipt of job " + job));
              }
              Set<Long> numbers =
                  receipts.stream()
                      .flatMap(r -> r.place().stream())
                      .map(Place::batchNumber)
                      .collect(Collectors.toSet());
              return Uni.combine()
                  .all()
                  .unis(batches.byNumber(numbers), trees(numbers))
                  .with((records, trees) -> bundle(job, receipts, records, trees));
            });
  }

  private Uni<Map<Long, MerkleTree>> trees(Set<Long> numbers) {
    return Multi.createFrom()
        .iterable(numbers)
        .onItem()
        .transformToUniAndConcatenate(
            number -> kept.leaves(number).map(l -> Map.entry(number, MerkleTree.overReceipts(l))))
        .collect()
        .in(HashMap::new, (all, entry) -> all.put(entry.getKey(), entry.getValue()));
  }

  private AuditBundle bundle(
      JobId job, List<Kept> receipts, Map<Long, BatchRecord> records, Map<Long, MerkleTree> trees) {
    AuditBundle.Builder out =
        AuditBundle.newBuilder()
            .setVersion(VERSION)
            .setChainId(domain.chainId())
            .setSettlement(Wire.bytes(domain.settlement()))
            .setJobId(Wire.bytes(job));
    for (Kept each : receipts) {
      out.addReceipts(evidence(each, records, trees));
    }
    return out.build();
  }

  private static ReceiptEvidence evidence(
      Kept kept, Map<Long, BatchRecord> records, Map<Long, MerkleTree> trees) {
    ReceiptEvidence.Builder out = ReceiptEvidence.newBuilder();
    try {
      out.setReceipt(IssuedReceipt.parseFrom(kept.receipt()));
      if (kept.verdict().isPresent()) {
        out.setVerdict(SignedVerdict.parseFrom(kept.verdict().get()));
      }
      if (kept.voucher().isPresent()) {
        out.setVoucher(SignedVoucher.parseFrom(kept.voucher().get()));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("stored evidence does not parse", e);
    }
    kept.place()
        .ifPresent(
            place -> {
              BatchRecord batch = records.get(place.batchNumber());
              MerkleTree tree = trees.get(place.batchNumber());
              out.setBatch(BatchCodec.toWire(batch))
                  .setProof(
                      BatchCodec.toWire(tree, kept.hash(), place.index(), batch.receiptsRoot()));
            });
    return out.build();
  }
}
