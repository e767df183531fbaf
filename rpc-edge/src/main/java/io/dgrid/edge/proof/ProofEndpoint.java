package io.dgrid.edge.proof;

import io.dgrid.proto.settlement.v1.GetAuditBundleRequest;
import io.dgrid.proto.settlement.v1.GetAuditBundleResponse;
import io.dgrid.proto.settlement.v1.GetEvidenceRequest;
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
}
