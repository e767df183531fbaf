package io.dgrid.edge.market;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc.MutinyFleetServiceStub;
import io.dgrid.transport.Channels;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.ManagedChannel;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Calls every scheduler of the network. Each call has a timeout. */
@ApplicationScoped
public class SchedulersClient {
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<MutinyFleetServiceStub> stubs = new ArrayList<>();
  private final EdgeConfig config;

  SchedulersClient(EdgeConfig config, InternalToken token) {
    this.config = config;
    for (String target : config.schedulers()) {
      ManagedChannel channel = Channels.to(target);
      channels.add(channel);
      stubs.add(MutinyFleetServiceGrpc.newMutinyStub(channel).withCallCredentials(token));
    }
  }

  @PreDestroy
  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /**
   * The answers of the schedulers that gave one.
   *
   * @return fails with UNAVAILABLE when none did
   */
  public <T> Uni<List<T>> askAll(Function<MutinyFleetServiceStub, Uni<T>> call) {
    return outcomes(call)
        .map(
            outcomes -> {
              List<T> answers =
                  outcomes.stream().map(Outcome::answer).flatMap(Optional::stream).toList();
              if (answers.isEmpty()) {
                throw new DGridException(ErrorCode.UNAVAILABLE, "no scheduler answers");
              }
              return answers;
            });
  }

  /**
   * The answer of the scheduler that knows the object.
   *
   * @return fails with NOT_FOUND when every scheduler says so, UNAVAILABLE when some did not answer
   */
  public <T> Uni<T> askOwner(Function<MutinyFleetServiceStub, Uni<T>> call) {
    return outcomes(call)
        .map(
            outcomes ->
                outcomes.stream()
                    .map(Outcome::answer)
                    .flatMap(Optional::stream)
                    .findFirst()
                    .orElseThrow(() -> noOwner(outcomes)));
  }

  private <T> Uni<List<Outcome<T>>> outcomes(Function<MutinyFleetServiceStub, Uni<T>> call) {
    if (stubs.isEmpty()) {
      return Uni.createFrom().item(List.of());
    }
    List<Uni<Outcome<T>>> calls = stubs.stream().map(stub -> outcome(call.apply(stub))).toList();
    return Uni.join().all(calls).andFailFast();
  }

  private <T> Uni<Outcome<T>> outcome(Uni<T> call) {
    return call.ifNoItem()
        .after(config.timeouts().scheduler())
        .failWith(
            () -> new DGridException(ErrorCode.UNAVAILABLE, "a scheduler does not answer in time"))
        .map(answer -> new Outcome<>(Optional.of(answer), Optional.empty()))
        .onFailure()
        .recoverWithItem(
            failure ->
                new Outcome<T>(Optional.empty(), Optional.of(StatusCodec.fromStatus(failure))));
  }

  private static <T> DGridException noOwner(List<Outcome<T>> outcomes) {
    return outcomes.stream()
        .map(Outcome::failure)
        .flatMap(Optional::stream)
        .filter(f -> f.code() != ErrorCode.NOT_FOUND)
        .findFirst()
        .map(f -> new DGridException(ErrorCode.UNAVAILABLE, "a scheduler does not answer"))
        .orElseGet(() -> new DGridException(ErrorCode.NOT_FOUND, "no scheduler knows it"));
  }

  private record Outcome<T>(Optional<T> answer, Optional<DGridException> failure) {}
}
