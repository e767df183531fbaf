package io.dgrid.oracle.verdict;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.proto.quality.v1.GetVerdictRequest;
import io.dgrid.proto.quality.v1.GetVerdictResponse;
import io.dgrid.proto.quality.v1.ListReputationsRequest;
import io.dgrid.proto.quality.v1.ListReputationsResponse;
import io.dgrid.proto.quality.v1.QualityService;
import io.dgrid.proto.quality.v1.Reputation;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.transport.codec.Wire;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.Optional;

/** Verdicts and standings from the store. */
@GrpcService
class QualityEndpoint implements QualityService {
  private final VerdictRepository verdicts;
  private final InstantSource clock;

  QualityEndpoint(VerdictRepository verdicts, InstantSource clock) {
    this.verdicts = verdicts;
    this.clock = clock;
  }

  @Override
  public Uni<GetVerdictResponse> getVerdict(GetVerdictRequest request) {
    return verdicts.find(Wire.receiptHash(request.getReceiptHash())).map(QualityEndpoint::answer);
  }

  @Override
  public Uni<ListReputationsResponse> listReputations(ListReputationsRequest request) {
    long now = clock.millis();
    return verdicts
        .standings()
        .map(
            standings -> {
              ListReputationsResponse.Builder answer = ListReputationsResponse.newBuilder();
              standings.forEach((node, r) -> answer.addReputations(toWire(node, r, now)));
              return answer.build();
            });
  }

  private static GetVerdictResponse answer(Optional<byte[]> stored) {
    byte[] signed =
        stored.orElseThrow(
            () -> new DGridException(ErrorCode.NOT_FOUND, "there is no verdict on this receipt"));
    try {
      return GetVerdictResponse.newBuilder().setVerdict(SignedVerdict.parseFrom(signed)).build();
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException("a stored verdict cannot be read", impossible);
    }
  }

  private static Reputation toWire(
      Address node, io.dgrid.core.reputation.Reputation standing, long now) {
    return Reputation.newBuilder()
        .setNode(Wire.bytes(node))
        .setReputationMicros(standing.micros(now))
        .setMatches(standing.matches())
        .setMismatches(standing.mismatches())
        .build();
  }
}
