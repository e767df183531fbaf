package io.dgrid.edge.market;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc;
import io.dgrid.proto.worker.v1.MutinyFleetServiceGrpc.MutinyFleetServiceStub;
import io.dgrid.transport.Channels;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.internal.InternalToken;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Calls every scheduler of the network. Each call has a timeout. */
@ApplicationScoped
public class SchedulersClient {
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<MutinyFleetServiceStub> stubs = new ArrayList<>();
  private final Duration timeout;

  @Inject
  SchedulersClient(EdgeConfig config, InternalToken token) {
    this(config.schedulers(), config.timeouts().scheduler(), token);
  }

  SchedulersClient(List<String> targets, Duration timeout, CallCredentials credentials) {
    this.timeout = timeout;
    for (String target : targets) {
      ManagedChannel channel = Channels.to(target);
      channels.add(channel);
      stubs.add(MutinyFleetServiceGrpc.newMutinyStub(channel).withCallCredentials(credentials));
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

  /** One call per scheduler, each made when it is subscribed to. */
  public <T> List<Uni<T>> askEach(Function<MutinyFleetServiceStub, Uni<T>> call) {
    return stubs.stream()
        .map(stub -> timed(Uni.createFrom().deferred(() -> call.apply(stub))))
        .toList();
  }

  /**
   * The answer of the scheduler that knows the object; one that does not answer holds up nobody.
   *
   * @return fails with NOT_FOUND when every scheduler says so, UNAVAILABLE when some did not answer
   */
  public <T> Uni<T> askOwner(Function<MutinyFleetServiceStub, Uni<T>> call) {
    if (stubs.isEmpty()) {
      return Uni.createFrom().failure(() -> noOwner(List.of()));
    }
    List<Uni<T>> calls = stubs.stream().map(stub -> timed(call.apply(stub))).toList();
    return Uni.join().first(calls).withItem().onFailure().transform(none -> noOwner(causes(none)));
  }

  private <T> Uni<List<Outcome<T>>> outcomes(Function<MutinyFleetServiceStub, Uni<T>> call) {
    if (stubs.isEmpty()) {
      return Uni.createFrom().item(List.of());
    }
    List<Uni<Outcome<T>>> calls =
        stubs.stream()
            .map(
                stub ->
                    timed(call.apply(stub))
                        .map(answer -> new Outcome<>(Optional.of(answer)))
                        .onFailure()
                        .recoverWithItem(() -> new Outcome<T>(Optional.empty())))
            .toList();
    return Uni.join().all(calls).andFailFast();
  }

  private <T> Uni<T> timed(Uni<T> call) {
    return call.ifNoItem()
        .after(timeout)
        .failWith(
            () -> new DGridException(ErrorCode.UNAVAILABLE, "a scheduler does not answer in time"));
  }

  private static List<Throwable> causes(Throwable failure) {
    return failure instanceof CompositeException all ? all.getCauses() : List.of(failure);
  }

  private static DGridException noOwner(List<Throwable> failures) {
    return failures.stream()
            .map(StatusCodec::fromStatus)
            .allMatch(failure -> failure.code() == ErrorCode.NOT_FOUND)
        ? new DGridException(ErrorCode.NOT_FOUND, "no scheduler knows it")
        : new DGridException(ErrorCode.UNAVAILABLE, "a scheduler does not answer");
  }

  private record Outcome<T>(Optional<T> answer) {}
}
