package io.dgrid.edge.proof;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.settlement.v1.MutinySettlementServiceGrpc;
import io.dgrid.proto.settlement.v1.MutinySettlementServiceGrpc.MutinySettlementServiceStub;
import io.dgrid.transport.Channels;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.ManagedChannel;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Calls settlement; each call has a timeout. */
@ApplicationScoped
class SettlementClient {
  private final Optional<ManagedChannel> channel;
  private final Optional<MutinySettlementServiceStub> stub;
  private final Duration timeout;

  SettlementClient(EdgeConfig config, InternalToken token) {
    channel = config.settlement().map(Channels::to);
    stub =
        channel.map(c -> MutinySettlementServiceGrpc.newMutinyStub(c).withCallCredentials(token));
    timeout = config.timeouts().settlement();
  }

  @PreDestroy
  void close() {
    channel.ifPresent(ManagedChannel::shutdownNow);
  }

  /** Fails with settlement's own code, or UNAVAILABLE when it does not answer in time. */
  <T> Uni<T> ask(Function<MutinySettlementServiceStub, Uni<T>> call) {
    if (stub.isEmpty()) {
      return Uni.createFrom()
          .failure(
              new DGridException(ErrorCode.UNSUPPORTED, "this edge has no settlement service"));
    }
    return call.apply(stub.get())
        .ifNoItem()
        .after(timeout)
        .failWith(
            () -> new DGridException(ErrorCode.UNAVAILABLE, "settlement does not answer in time"))
        .onFailure()
        .transform(StatusCodec::fromStatus);
  }
}
