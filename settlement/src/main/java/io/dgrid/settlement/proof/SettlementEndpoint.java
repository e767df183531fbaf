package io.dgrid.settlement.proof;

import com.google.protobuf.UnsafeByteOperations;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.proto.settlement.v1.GetEvidenceRequest;
import io.dgrid.proto.settlement.v1.GetEvidenceResponse;
import io.dgrid.proto.settlement.v1.GetSegmentRequest;
import io.dgrid.proto.settlement.v1.GetSegmentResponse;
import io.dgrid.proto.settlement.v1.ListSettledBatchesRequest;
import io.dgrid.proto.settlement.v1.ListSettledBatchesResponse;
import io.dgrid.proto.settlement.v1.SettlementService;
import io.dgrid.settlement.availability.SegmentStore;
import io.dgrid.settlement.ledger.BatchRepository;
import io.dgrid.transport.codec.Wire;
import io.quarkus.grpc.GrpcService;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;

/** Evidence for the edges, which pass it on to anyone. */
@GrpcService
class SettlementEndpoint implements SettlementService {
  private static final int DEFAULT_LIMIT = 50;
  private static final int MAX_LIMIT = 1000;

  /** A message holds 4 MiB. */
  private static final int MAX_PART = 3 * 1024 * 1024;

  private final Evidence evidence;
  private final BatchRepository batches;
  private final SegmentStore segments;

  SettlementEndpoint(Evidence evidence, BatchRepository batches, SegmentStore segments) {
    this.evidence = evidence;
    this.batches = batches;
    this.segments = segments;
  }

  @Override
  public Uni<GetEvidenceResponse> getEvidence(GetEvidenceRequest request) {
    return Uni.createFrom()
        .deferred(() -> evidence.of(Wire.jobId(request.getJobId())))
        .map(bundle -> GetEvidenceResponse.newBuilder().setBundle(bundle).build());
  }

  @Override
  public Uni<ListSettledBatchesResponse> listSettledBatches(ListSettledBatchesRequest request) {
    int asked = request.getLimit() == 0 ? DEFAULT_LIMIT : request.getLimit();
    if (asked < 1 || asked > MAX_LIMIT) {
      return Uni.createFrom().failure(Wire.invalid("limit", "1 to " + MAX_LIMIT));
    }
    return batches
        .newest(asked)
        .map(
            found ->
                ListSettledBatchesResponse.newBuilder()
                    .addAllBatches(found.stream().map(BatchCodec::toWire).toList())
                    .build());
  }

  @Override
  public Uni<GetSegmentResponse> getSegment(GetSegmentRequest request) {
    long offset = request.getOffset();
    int limit = request.getLimit();
    if (limit < 0 || limit > MAX_PART) {
      return Uni.createFrom().failure(Wire.invalid("limit", "0 to " + MAX_PART));
    }
    if (offset < 0) {
      return Uni.createFrom().failure(Wire.invalid("offset", "below 2^63"));
    }
    return Uni.createFrom()
        .item(() -> Wire.hash(request.getDataCommitment(), "data_commitment"))
        .flatMap(
            commitment ->
                VertxContextSupport.executeBlocking(
                    () ->
                        limit == 0 && offset == 0
                            ? whole(commitment)
                            : part(commitment, offset, limit == 0 ? Integer.MAX_VALUE : limit)));
  }

  private GetSegmentResponse whole(Hash commitment) {
    byte[] bytes = segments.read(commitment).orElseThrow(() -> absent(commitment));
    return response(bytes, bytes.length);
  }

  private GetSegmentResponse part(Hash commitment, long offset, int limit) {
    SegmentStore.Part part =
        segments.read(commitment, offset, limit).orElseThrow(() -> absent(commitment));
    return response(part.bytes(), part.size());
  }

  private static GetSegmentResponse response(byte[] bytes, long size) {
    return GetSegmentResponse.newBuilder()
        .setSegment(UnsafeByteOperations.unsafeWrap(bytes))
        .setSize(size)
        .build();
  }

  private static DGridException absent(Hash commitment) {
    return new DGridException(ErrorCode.NOT_FOUND, "no segment " + commitment);
  }
}
