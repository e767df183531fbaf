package io.dgrid.oracle.replay;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.oracle.OracleConfig;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc.MutinyFleetServiceStub;
import io.dgrid.proto.worker.v1.OpenReceiptRequest;
import io.dgrid.proto.worker.v1.OpenReceiptResponse;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ScoreReceiptRequest;
import io.dgrid.proto.worker.v1.ScoreReceiptResponse;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Reaches nodes and verifiers through the schedulers that hold their sessions. */
@ApplicationScoped
class FleetClient {
  private final InternalToken token;
  private final Duration openTimeout;
  private final Duration scoreTimeout;
  private final List<ManagedChannel> schedulers;
  private final SecureRandom random = new SecureRandom();

  FleetClient(OracleConfig config, InternalToken token) {
    this.token = token;
    this.openTimeout = config.replay().openTimeout();
    this.scoreTimeout = config.replay().scoreTimeout();
    this.schedulers = config.schedulers().stream().map(Channels::to).toList();
  }

  /** Fails with a {@link DGridException} when no scheduler gets an opening. */
  Uni<Opening> open(ReplayTask task) {
    OpenReceiptRequest request =
        OpenReceiptRequest.newBuilder()
            .setReceiptHash(Wire.bytes(task.hash()))
            .setNode(Wire.bytes(task.receipt().node()))
            .build();
    return anywhere(openTimeout, stub -> stub.openReceipt(request))
        .map(OpenReceiptResponse::getOpening);
  }

  /** Fails with a {@link DGridException}; NO_WORKER when no other node can score this model. */
  Uni<Scores> score(ReplayTask task, Opening opening, Collection<Address> excluded) {
    ScoreReceiptRequest request =
        ScoreReceiptRequest.newBuilder()
            .setModelId(Wire.bytes(task.receipt().modelId()))
            .setOpening(opening)
            .addAllExcluded(excluded.stream().map(Wire::bytes).toList())
            .build();
    return anywhere(scoreTimeout, stub -> stub.scoreReceipt(request))
        .map(ScoreReceiptResponse::getScores);
  }

  /** Whether at least one scheduler is connected. */
  boolean connected() {
    return schedulers.stream().anyMatch(c -> c.getState(true) == ConnectivityState.READY);
  }

  /**
   * Asks one scheduler after the other, in an order nobody can foresee: which verifier scores a
   * receipt must not depend on where it dialled in. The failure is the most telling one.
   */
  private <T> Uni<T> anywhere(Duration timeout, Function<MutinyFleetServiceStub, Uni<T>> call) {
    Uni<T> answer =
        Uni.createFrom()
            .failure(() -> new DGridException(ErrorCode.UNAVAILABLE, "no scheduler answers"));
    List<ManagedChannel> order = new ArrayList<>(schedulers);
    Collections.shuffle(order, random);
    for (ManagedChannel scheduler : order) {
      answer =
          answer
              .onFailure()
              .recoverWithUni(
                  earlier ->
                      call.apply(stub(scheduler, timeout))
                          .onFailure()
                          .transform(later -> moreTelling(earlier, later)));
    }
    return answer;
  }

  /** A scheduler that does not answer says nothing about the node. */
  private static DGridException moreTelling(Throwable earlier, Throwable later) {
    DGridException first = StatusCodec.fromStatus(earlier);
    DGridException second = StatusCodec.fromStatus(later);
    return second.code() == ErrorCode.UNAVAILABLE ? first : second;
  }

  private MutinyFleetServiceStub stub(ManagedChannel scheduler, Duration timeout) {
    return MutinyFleetServiceGrpc.newMutinyStub(scheduler)
        .withCallCredentials(token)
        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  @PreDestroy
  void close() {
    schedulers.forEach(ManagedChannel::shutdownNow);
  }
}
