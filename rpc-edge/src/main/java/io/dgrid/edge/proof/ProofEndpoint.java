package io.dgrid.edge.proof;

import io.dgrid.proto.settlement.v1.GetAuditBundleRequest;
import io.dgrid.proto.settlement.v1.GetAuditBundleResponse;
import io.dgrid.proto.settlement.v1.GetEvidenceRequest;
import io.dgrid.proto.settlement.v1.GetSegmentPartRequest;
import io.dgrid.proto.settlement.v1.GetSegmentPartResponse;
import io.dgrid.proto.settlement.v1.GetSegmentRequest;
import io.dgrid.proto.settlement.v1.ListBatchesRequest;
import io.dgrid.proto.settlement.v1.ListBatchesResponse;
import io.dgrid.proto.settlement.v1.ListSettledBatchesRequest;
import io.dgrid.proto.settlement.v1.ProofService;
import io.dgrid.transport.codec.Wire;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;

/** Evidence for anyone, as settlement has it. */
@GrpcService
class ProofEndpoint implements ProofService {
  private static final int MAX_BATCHES = 1000;

  /** Bounds what one call costs this edge. */
  private static final int MAX_PART = 1024 * 1024;

  private final SettlementClient settlement;

  ProofEndpoint(SettlementClient settlement) {
    this.settlement = settlement;
  }

  @Override
  public Uni<GetAuditBundleResponse> getAuditBundle(GetAuditBundleRequest request) {
    Wire.jobId(request.getJobId());
    return settlement
        .ask(
            stub ->
                stub.getEvidence(
                    GetEvidenceRequest.newBuilder().setJobId(request.getJobId()).build()))
        .map(
            evidence ->
                GetAuditBundleResponse.newBuilder().setBundle(evidence.getBundle()).build());
  }

  @Override
  public Uni<ListBatchesResponse> listBatches(ListBatchesRequest request) {
    if (request.getLimit() < 0 || request.getLimit() > MAX_BATCHES) {
      throw Wire.invalid("limit", "0 to " + MAX_BATCHES);
    }
    return settlement
        .ask(
            stub ->
                stub.listSettledBatches(
                    ListSettledBatchesRequest.newBuilder().setLimit(request.getLimit()).build()))
        .map(
            batches ->
                ListBatchesResponse.newBuilder().addAllBatches(batches.getBatchesList()).build());
  }

  @Override
  public Uni<GetSegmentPartResponse> getSegmentPart(GetSegmentPartRequest request) {
    Wire.hash(request.getDataCommitment(), "data_commitment");
    int limit = request.getLimit();
    if (limit < 0 || limit > MAX_PART) {
      throw Wire.invalid("limit", "0 to " + MAX_PART);
    }
    if (request.getOffset() < 0) {
      throw Wire.invalid("offset", "below 2^63");
    }
    return settlement
        .ask(
            stub ->
                stub.getSegment(
                    GetSegmentRequest.newBuilder()
                        .setDataCommitment(request.getDataCommitment())
                        .setOffset(request.getOffset())
                        .setLimit(limit == 0 ? MAX_PART : limit)
                        .build()))
        .map(
            part ->
                GetSegmentPartResponse.newBuilder()
                    .setSegment(part.getSegment())
                    .setSize(part.getSize())
                    .build());
  }
}
