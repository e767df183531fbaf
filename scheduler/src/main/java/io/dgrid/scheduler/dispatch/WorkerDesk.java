package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.worker.v1.OpenCall;
import io.dgrid.proto.worker.v1.OpenReply;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ScoreCall;
import io.dgrid.proto.worker.v1.ScoreReply;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.market.Market;
import io.dgrid.transport.codec.Wire;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Where sessions hand over what their workers say. Every method runs on the owner's thread. */
@Singleton
public class WorkerDesk {
  private static final Logger LOG = Logger.getLogger(WorkerDesk.class);

  private final Loop loop;
  private final InstantSource clock;
  private final SchedulerConfig config;
  private final Dispatcher dispatcher;
  private final Roster roster;
  private final Market market;
  private final Shards shards;
  private final Muster muster;
  private final SchedulerMetrics metrics;

  WorkerDesk(
      Loop loop,
      InstantSource clock,
      SchedulerConfig config,
      Dispatcher dispatcher,
      Roster roster,
      Market market,
      Shards shards,
      Muster muster,
      SchedulerMetrics metrics) {
    this.loop = loop;
    this.clock = clock;
    this.config = config;
    this.dispatcher = dispatcher;
    this.roster = roster;
    this.market = market;
    this.shards = shards;
    this.muster = muster;
    this.metrics = metrics;
    muster.onEnd(() -> loop.execute(this::mustered));
    metrics.gauge("sessions", () -> roster.direct().count());
  }

  void start(@Observes StartupEvent event) {
    loop.every(
        Dispatcher.tickEvery(),
        () -> {
          dropSilentWorkers();
          dispatcher.tick();
        });
  }

  public void joined(WorkerLink link) {
    roster.join(link, clock.millis()).ifPresent(WorkerLink::replaced);
    Set<LiveJob> serving = dispatcher.servedBy(link.id());
    roster.find(link.id()).ifPresent(worker -> worker.serving().addAll(serving));
    // What a broken stream swallowed is said again once the worker reports what it runs.
    serving.forEach(job -> dispatcher.handle(job, new Command.SessionLost(link.id())));
    LOG.infof("worker %s joined", link.id());
  }

  public void left(WorkerLink link) {
    Set<LiveJob> serving =
        roster.current(link).map(worker -> Set.copyOf(worker.serving())).orElse(Set.of());
    if (roster.leave(link)) {
      market.withdraw(link.id());
      muster.found(link.id());
      serving.forEach(job -> dispatcher.handle(job, new Command.SessionLost(link.id())));
      LOG.infof("worker %s left", link.id());
    }
  }

  public void hear(WorkerLink link, Heard heard) {
    switch (heard) {
      case Heard.State state -> reported(link, state.report());
      case Heard.Piece piece -> chunk(link, piece.job(), piece.chunk());
      case Heard.Outcome outcome -> result(link, outcome);
      case Heard.Opened opened -> answer(link, opened.reply().getCall(), opened.reply());
      case Heard.Scored scored -> answer(link, scored.reply().getCall(), scored.reply());
    }
  }

  private void reported(WorkerLink link, WorkerReport report) {
    Optional<Roster.Connected> current = roster.current(link);
    if (current.isEmpty()) {
      return;
    }
    Roster.Connected worker = current.get();
    long now = clock.millis();
    Set<ModelId> touched =
        report.offers().stream().map(o -> o.statement().modelId()).collect(Collectors.toSet());
    worker.heard(report, now);
    worker.send(SessionCodec.renewal(now + config.session().lease().toMillis()));
    report.running().forEach(running -> dispatcher.reported(link, running));
    market.offer(link.id(), report.offers(), worker.credit());
    muster.found(link.id());
    dispatcher.matcher().offersChanged(touched);
    dispatcher.matchSoon();
    loop.execute(() -> tellWhetherWaiting(worker));
  }

  private void mustered() {
    dispatcher.tick();
    List.copyOf(roster.all()).forEach(this::tellWhetherWaiting);
  }

  /** After what was free has been given away. */
  private void tellWhetherWaiting(Roster.Connected worker) {
    if (roster.current(worker.link()).filter(worker::equals).isPresent()) {
      boolean waiting = dispatcher.isWaitedFor(worker.link().id());
      // A slot that was just given away is still kept for us: its assignment comes first.
      if ((waiting || worker.unstated() == 0) && worker.waitedFor(waiting)) {
        worker.link().waiting(waiting);
      }
    }
  }

  private void chunk(WorkerLink link, JobId id, WireChunk chunk) {
    if (roster.current(link).isEmpty()) {
      return;
    }
    Optional<LiveJob> job = dispatcher.find(id);
    if (job.isPresent()) {
      dispatcher.handle(job.get(), new Command.ChunkArrived(link.id(), chunk));
    }
    // Unknown jobs are answered when the worker lists them in its next state, which names the
    // model.
  }

  private void result(WorkerLink link, Heard.Outcome outcome) {
    Optional<Roster.Connected> worker = roster.current(link);
    if (worker.isEmpty()) {
      return;
    }
    JobId id = outcome.job();
    Optional<LiveJob> job = dispatcher.find(id);
    if (job.isPresent()) {
      dispatcher.handle(
          job.get(), new Command.ResultArrived(link.id(), outcome.attempt(), outcome.result()));
    } else {
      Roster.Parked parked = new Roster.Parked(outcome.attempt(), outcome.result());
      // Without a place nobody can say whether another instance waits for it: the worker keeps it.
      partition(outcome).ifPresent(at -> dispatcher.unknownResult(worker.get(), id, parked, at));
    }
  }

  private OptionalInt partition(Heard.Outcome outcome) {
    if (outcome.partition().isPresent() || outcome.model().isEmpty()) {
      return outcome.partition();
    }
    return OptionalInt.of(shards.of(outcome.model().get(), outcome.job()));
  }

  /** Asks one process of a node for an opening. */
  CompletableFuture<OpenReply> open(Roster.Connected worker, ReceiptHash receipt) {
    return call(
        worker,
        config.session().openTimeout(),
        call ->
            SessionResponse.newBuilder()
                .setOpen(OpenCall.newBuilder().setCall(call).setReceiptHash(Wire.bytes(receipt)))
                .build());
  }

  CompletableFuture<ScoreReply> score(Roster.Connected worker, ModelId model, Opening opening) {
    return call(
        worker,
        config.session().scoreTimeout(),
        call ->
            SessionResponse.newBuilder()
                .setScore(
                    ScoreCall.newBuilder()
                        .setCall(call)
                        .setModelId(Wire.bytes(model))
                        .setOpening(opening))
                .build());
  }

  List<Roster.Connected> processesOf(Address node) {
    return roster.direct().filter(w -> w.link().id().node().equals(node)).toList();
  }

  private <T> CompletableFuture<T> call(
      Roster.Connected worker, Duration timeout, Function<Long, SessionResponse> message) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long call = roster.register(worker, answer);
    if (!worker.send(message.apply(call))) {
      answer.completeExceptionally(
          new DGridException(ErrorCode.UNAVAILABLE, "the worker does not read its session"));
    }
    loop.after(
        timeout,
        () ->
            answer.completeExceptionally(
                new DGridException(
                    ErrorCode.UNAVAILABLE, "the worker did not answer within " + timeout)));
    return answer;
  }

  private void answer(WorkerLink link, long call, Object reply) {
    roster
        .current(link)
        .flatMap(worker -> roster.answered(worker, call))
        .ifPresent(future -> complete(future, reply));
  }

  @SuppressWarnings("unchecked")
  private static void complete(CompletableFuture<?> future, Object reply) {
    // A worker that answers one kind of question with the other only fails that question.
    ((CompletableFuture<Object>) future).complete(reply);
  }

  private void dropSilentWorkers() {
    long limit = clock.millis() - config.session().lease().toMillis();
    for (Roster.Connected worker : roster.silentSince(limit)) {
      metrics.leaseLost();
      worker
          .link()
          .close(new DGridException(ErrorCode.UNAVAILABLE, "silent for longer than the lease"));
      left(worker.link());
    }
  }
}
