package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.Decision;
import io.dgrid.scheduler.job.Effect;
import io.dgrid.scheduler.job.JobMachine;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Limits;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import io.dgrid.transport.trace.JobTracer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Owns the live jobs: feeds commands to the state machine and carries out its effects. Every method
 * runs on the owner's thread.
 */
@ApplicationScoped
public class Dispatcher {
  private static final Logger LOG = Logger.getLogger(Dispatcher.class);

  private final Loop loop;
  private final InstantSource clock;
  private final SchedulerConfig config;
  private final JobLog log;
  private final EdgeRelay relay;
  private final Roster roster;
  private final Market market;
  private final SchedulerMetrics metrics;
  private final JobTracer tracer;
  private final Matcher matcher;
  private final JobMachine machine;
  private final Partitions partitions = new Partitions();
  private final Deadlines deadlines = new Deadlines();
  private final Map<JobId, LiveJob> jobs = new HashMap<>();
  private long arrivals;
  private boolean matching;

  Dispatcher(
      Loop loop,
      InstantSource clock,
      SchedulerConfig config,
      JobLog log,
      EdgeRelay relay,
      Roster roster,
      Market market,
      SchedulerMetrics metrics,
      JobTracer tracer) {
    this.loop = loop;
    this.clock = clock;
    this.config = config;
    this.log = log;
    this.relay = relay;
    this.roster = roster;
    this.market = market;
    this.metrics = metrics;
    this.tracer = tracer;
    matcher =
        new Matcher(
            market,
            new Matcher.Outcome() {
              @Override
              public void won(LiveJob job, Match.Won match) {
                grant(job, match);
              }

              @Override
              public void refused(LiveJob job, DGridException why) {
                handle(job, new Command.Refuse(why));
              }
            },
            config.market().noWorkerAfter().toMillis());
    SchedulerConfig.Attempts attempts = config.attempts();
    machine =
        new JobMachine(
            new Limits(
                attempts.fruitless(),
                attempts.most(),
                attempts.grace().toMillis(),
                attempts.firstChunk().toMillis(),
                attempts.nextChunk().toMillis(),
                attempts.ending().toMillis()));
    metrics.gauge("jobs.live", jobs::size);
    metrics.gauge("jobs.queued", matcher::waiting);
    metrics.gauge("loop.depth", loop::depth);
  }

  /** This instance owns the partition from now on. */
  public void take(int partition, History history) {
    long now = clock.millis();
    long reportBy = now + config.attempts().adoption().minus(config.attempts().grace()).toMillis();
    partitions.take(partition, history, reportBy);
    matcher.settledFrom(now + config.attempts().adoption().toMillis());
  }

  /**
   * Another instance may own the partition now: nothing of it may be touched any more. A job that
   * is over stays until its end is in the log and told to its edge: nobody else would tell it.
   */
  public void release(int partition) {
    partitions.release(partition);
    for (LiveJob job : List.copyOf(jobs.values())) {
      if (job.partition() == partition && !(job.state() instanceof JobState.Terminal)) {
        drop(job);
      }
    }
  }

  /** Every submission from before the take-over has been handed over. */
  public void caughtUp(int partition) {
    partitions.caughtUp(partition);
    for (Roster.Connected worker : List.copyOf(roster.all())) {
      worker.report().running().forEach(running -> reported(worker.link(), running));
    }
  }

  /** A job from the log; a repeated record changes nothing. */
  public void submitted(int partition, long offset, SubmittedJob record) {
    Optional<Partitions.Owned> owned = partitions.find(partition);
    if (owned.isEmpty()) {
      return;
    }
    JobSpec spec;
    try {
      spec = JobCodec.fromWire(record);
    } catch (DGridException malformed) {
      LOG.warnf(
          "submission %d-%d is malformed and skipped: %s",
          partition, offset, malformed.getMessage());
      metrics.rejected("submission");
      log.settled(partition, offset);
      return;
    }
    if (owned.get().history().isFinished(spec.id()) || isCopy(spec.id(), partition, offset)) {
      log.settled(partition, offset);
      return;
    }
    if (jobs.containsKey(spec.id())) {
      // Over, and its end is on the way to the log: the record is settled with it.
      return;
    }
    long now = clock.millis();
    JobState state =
        owned
            .get()
            .history()
            .restore(spec, config.relay().initialWindow(), now, owned.get().reportBy());
    JobTrace trace = new JobTrace(tracer, spec, record.getTraceparent());
    LiveJob job = new LiveJob(record, spec, trace, state, partition, offset, ++arrivals);
    jobs.put(spec.id(), job);
    watch(job);
    relay.follow(job, record.getReplyTo(), 0);
    if (state instanceof JobState.Active active) {
      job.assignments()
          .put(active.attempt().number(), JobCodec.assigned(active.attempt(), List.of()));
    } else {
      matcher.add(job);
    }
    adoptFromReports(job);
    relay.changed(job);
    matchSoon();
  }

  private boolean isCopy(JobId id, int partition, long offset) {
    LiveJob known = jobs.get(id);
    return known != null && (known.partition() != partition || known.offset() != offset);
  }

  public Optional<LiveJob> find(JobId id) {
    return Optional.ofNullable(jobs.get(id));
  }

  public void command(JobId id, Command command) {
    find(id).ifPresent(job -> handle(job, command));
  }

  /** Live jobs and finished ones that can still be read again. */
  public int size() {
    return jobs.size();
  }

  public int partitions() {
    return partitions.count();
  }

  /** Whether the jobs of this model come here. */
  boolean owns(ModelId model) {
    return partitions.find(log.partitionOf(model)).isPresent();
  }

  Matcher matcher() {
    return matcher;
  }

  /** Jobs whose current attempt this worker holds. */
  Set<LiveJob> servedBy(WorkerId worker) {
    return jobs.values().stream()
        .filter(job -> workerOf(job.state()).filter(worker::equals).isPresent())
        .collect(Collectors.toSet());
  }

  /** A worker says that it runs an attempt. */
  void reported(WorkerLink worker, WorkerReport.Running running) {
    LiveJob job = jobs.get(running.job());
    if (job != null) {
      handle(job, new Command.WorkerReported(worker.id(), running.attempt()));
    } else if (partitions.knowsEveryJob(log.partitionOf(running.model()))) {
      worker.send(SessionCodec.forget(running.job(), running.attempt()));
    }
  }

  /** A result for a job that is not here. */
  void unknownResult(Roster.Connected worker, JobId id, Roster.Parked result, int partition) {
    if (!partitions.knowsEveryJob(partition)) {
      // Its owner is still reading the log, or is another instance: the worker keeps the result.
      worker.park(id, result);
      return;
    }
    int attempt = result.attempt();
    boolean filed =
        partitions.find(partition).filter(p -> p.history().filed(id, attempt)).isPresent();
    worker.send(filed ? SessionCodec.ack(id, attempt) : SessionCodec.forget(id, attempt));
  }

  void tick() {
    long now = clock.millis();
    deadlines.due(now).forEach(job -> handle(job, new Command.Tick()));
    matcher.lookAgain();
    matcher.run(now);
  }

  /** Matches once after everything that is waiting on the thread now. */
  void matchSoon() {
    if (!matching) {
      matching = true;
      loop.execute(
          () -> {
            matching = false;
            matcher.run(clock.millis());
          });
    }
  }

  void handle(LiveJob job, Command command) {
    JobState before = job.state();
    Decision decision = machine.apply(before, command, clock.millis());
    job.become(decision.state());
    index(job, before, decision.state());
    watch(job);
    write(job, decision.effects());
    decision.effects().forEach(effect -> perform(job, effect));
    if (!decision.effects().isEmpty() || before.getClass() != decision.state().getClass()) {
      relay.changed(job);
    }
  }

  private void watch(LiveJob job) {
    if (job.state() instanceof JobState.Terminal) {
      deadlines.forget(job);
    } else {
      deadlines.set(job, machine.due(job.state()));
    }
  }

  private void grant(LiveJob job, Match.Won match) {
    WorkerId worker = match.winner().worker();
    int number = job.state().progress().highestAttempt() + 1;
    metrics.matchedAfter(Math.max(0, clock.millis() - ((JobState.Queued) job.state()).since()));
    handle(job, new Command.Grant(worker, match.winner().signed()));
    if (job.state() instanceof JobState.Active active && active.attempt().number() == number) {
      job.assignments().put(number, JobCodec.assigned(active.attempt(), match.losers()));
    }
    roster.find(worker).ifPresent(connected -> market.free(worker, connected.credit()));
  }

  /** Keeps queue and worker index in step with the state. */
  private void index(LiveJob job, JobState before, JobState after) {
    Optional<WorkerId> left = workerOf(before);
    Optional<WorkerId> joined = workerOf(after);
    if (!left.equals(joined)) {
      left.flatMap(roster::find).ifPresent(worker -> worker.serving().remove(job));
      joined.flatMap(roster::find).ifPresent(worker -> worker.serving().add(job));
    }
    if (after instanceof JobState.Queued && !(before instanceof JobState.Queued)) {
      left.ifPresent(job.avoided()::add);
      matcher.add(job);
      matchSoon();
    } else if (before instanceof JobState.Queued && !(after instanceof JobState.Queued)) {
      matcher.remove(job);
    }
  }

  /** What one decision makes durable is seen by every reader at once: a bill with its end. */
  private void write(LiveJob job, List<Effect> effects) {
    List<JobLog.Entry> entries = new ArrayList<>();
    for (Effect effect : effects) {
      if (effect instanceof Effect.Durable durable) {
        entries.add(entry(job, durable));
      }
    }
    if (!entries.isEmpty()) {
      job.writing(log.write(job.partition(), entries));
    }
  }

  private JobLog.Entry entry(LiveJob job, Effect.Durable effect) {
    long now = clock.millis();
    return switch (effect) {
      case Effect.Granted granted ->
          new JobLog.Transition(JobCodec.granted(job.spec(), granted.attempt(), now));
      case Effect.Ended ended -> new JobLog.Transition(JobCodec.ended(job.spec(), ended, now));
      case Effect.ReceiptFiled filed -> new JobLog.Filed(filed.receipt(), job.trace().run());
      case Effect.Finished finished ->
          new JobLog.Transition(JobCodec.finished(job.spec(), finished.state(), now));
    };
  }

  /** Goes on with the job once everything written for it so far is in the log. */
  private void onceDurable(LiveJob job, Runnable next) {
    job.durable()
        .thenAccept(
            outcome ->
                loop.execute(
                    () -> {
                      if (jobs.get(job.id()) != job) {
                        return;
                      }
                      if (outcome == JobLog.Outcome.IN_LOG) {
                        next.run();
                      } else {
                        unwritten(job, outcome);
                      }
                    }));
  }

  private void unwritten(LiveJob job, JobLog.Outcome outcome) {
    LOG.warnf("job %s is given up here: its write ended as %s", job.id(), outcome);
    drop(job);
  }

  private void perform(LiveJob job, Effect effect) {
    switch (effect) {
      case Effect.Granted granted -> {
        metrics.attempt("granted");
        int attempt = granted.attempt().number();
        job.trace().attemptGranted(attempt);
        onceDurable(job, () -> handle(job, new Command.GrantDurable(attempt)));
      }
      case Effect.Ended ended -> {
        metrics.attempt("ended");
        job.trace().attemptFailed(ended.failure().code().name());
      }
      case Effect.ReceiptFiled filed -> {}
      case Effect.Finished finished -> finish(job, finished.state());
      case Effect.Assign assign -> assign(job, assign.attempt());
      case Effect.Deliver deliver -> {}
      case Effect.Flow flow ->
          roster
              .find(flow.worker())
              .ifPresent(worker -> worker.send(SessionCodec.flow(job.id(), flow)));
      case Effect.Withdraw withdraw ->
          roster
              .find(withdraw.worker())
              .ifPresent(worker -> worker.send(SessionCodec.cancel(job.id(), withdraw)));
      case Effect.FirstToken first -> market.firstToken(first.worker(), first.millis());
      case Effect.WorkerFailed failed -> {
        metrics.attempt(failed.dishonest() ? "dishonest" : "failed");
        market.failed(failed.worker(), failed.dishonest(), clock.millis());
      }
      case Effect.WorkerServed served -> market.served(served.worker());
      case Effect.WorkerDeclined declined -> declined(job, declined.worker());
      case Effect.Acknowledge ack ->
          onceDurable(
              job,
              () ->
                  roster
                      .find(ack.worker())
                      .ifPresent(worker -> worker.send(SessionCodec.ack(job.id(), ack.attempt()))));
    }
  }

  /** Somebody else's job took its slot: it may have this one once it states a free slot again. */
  private void declined(LiveJob job, WorkerId worker) {
    metrics.attempt("declined");
    job.avoided().remove(worker);
    roster
        .find(worker)
        .ifPresent(
            connected -> {
              connected.declined();
              market.free(worker, connected.credit());
            });
  }

  private void assign(LiveJob job, Attempt attempt) {
    long leaseUntil = clock.millis() + config.session().lease().toMillis();
    roster
        .find(attempt.worker())
        .ifPresent(worker -> worker.send(SessionCodec.assign(job, attempt, leaseUntil)));
  }

  private void finish(LiveJob job, JobState.Terminal state) {
    String outcome =
        JobCodec.stateOf(state)
            .name()
            .substring("JOB_STATE_".length())
            .toLowerCase(java.util.Locale.ROOT);
    metrics.finished(outcome);
    onceDurable(job, () -> ended(job, state, outcome));
  }

  private void ended(LiveJob job, JobState.Terminal state, String outcome) {
    job.markEnded();
    job.trace().finished(outcome);
    partitions.find(job.partition()).ifPresent(owned -> owned.history().finish(state));
    log.settled(job.partition(), job.offset());
    relay.changed(job);
    loop.after(
        config.relay().retention(),
        () -> {
          if (jobs.get(job.id()) == job) {
            drop(job);
          }
        });
  }

  private void drop(LiveJob job) {
    jobs.remove(job.id());
    job.trace().finished("released");
    matcher.remove(job);
    deadlines.forget(job);
    workerOf(job.state()).flatMap(roster::find).ifPresent(worker -> worker.serving().remove(job));
    relay.forget(job);
  }

  private void adoptFromReports(LiveJob job) {
    for (Roster.Connected worker : List.copyOf(roster.all())) {
      for (WorkerReport.Running running : worker.report().running()) {
        if (running.job().equals(job.id())) {
          handle(job, new Command.WorkerReported(worker.link().id(), running.attempt()));
        }
      }
      worker
          .unpark(job.id())
          .ifPresent(
              parked ->
                  handle(
                      job,
                      new Command.ResultArrived(
                          worker.link().id(), parked.attempt(), parked.result())));
    }
  }

  private static Optional<WorkerId> workerOf(JobState state) {
    return state instanceof JobState.Active active
        ? Optional.of(active.attempt().worker())
        : Optional.empty();
  }

  static Duration tickEvery() {
    return Duration.ofMillis(100);
  }
}
