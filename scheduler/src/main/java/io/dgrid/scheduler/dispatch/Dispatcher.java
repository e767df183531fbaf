package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.Decision;
import io.dgrid.scheduler.job.JobMachine;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Limits;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Market;
import io.dgrid.transport.trace.JobTracer;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Owns the live jobs: feeds commands to the state machine and carries out its effects. Every method
 * runs on the owner's thread.
 */
@ApplicationScoped
public class Dispatcher {
  private final Loop loop;
  private final InstantSource clock;
  private final SchedulerConfig config;
  private final JobLog log;
  private final Shards shards;
  private final EdgeRelay relay;
  private final Roster roster;
  private final Muster muster;
  private final Grants grants;
  private final Matcher matcher;
  private final JobMachine machine;
  private final Consequences consequences;
  private final Partitions partitions = new Partitions();
  private final Intake intake;
  private final Adoption adoption;
  private final Deadlines deadlines = new Deadlines();
  private final Paces paces = new Paces();
  private final Map<JobId, LiveJob> jobs = new HashMap<>();
  private boolean matching;

  Dispatcher(
      Loop loop,
      InstantSource clock,
      SchedulerConfig config,
      JobLog log,
      Shards shards,
      EdgeRelay relay,
      Roster roster,
      Muster muster,
      Market market,
      SchedulerMetrics metrics,
      JobTracer tracer) {
    this.loop = loop;
    this.clock = clock;
    this.config = config;
    this.log = log;
    this.shards = shards;
    this.relay = relay;
    this.roster = roster;
    this.muster = muster;
    grants = new Grants(clock, roster, market, metrics, new Holder());
    matcher =
        new Matcher(
            market, paces, muster::isAwaited, grants, config.market().noWorkerAfter().toMillis());
    consequences =
        new Consequences(loop, clock, config, log, relay, roster, market, metrics, new Holder());
    intake = new Intake(partitions, clock, config, log, metrics, tracer, new Holder());
    adoption = new Adoption(partitions, roster, shards, new Holder());
    SchedulerConfig.Attempts attempts = config.attempts();
    machine =
        new JobMachine(
            new Limits(
                attempts.fruitless(),
                attempts.lostWorkers(),
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
    muster.released(partition);
    for (LiveJob job : List.copyOf(jobs.values())) {
      if (job.partition() == partition && !(job.state() instanceof JobState.Terminal)) {
        drop(job);
      }
    }
  }

  /** Every submission from before the take-over has been handed over. */
  public void caughtUp(int partition) {
    partitions.caughtUp(partition);
    adoption.caughtUp();
  }

  /** A job from the log; a repeated record changes nothing. */
  public void submitted(int partition, long offset, SubmittedJob record) {
    intake.submitted(partition, offset, record);
  }

  private void admit(LiveJob job) {
    jobs.put(job.id(), job);
    watch(job);
    relay.follow(job, job.submitted().getReplyTo(), 0);
    if (job.state() instanceof JobState.Active active) {
      job.assignments()
          .put(active.attempt().number(), JobCodec.assigned(active.attempt(), List.of()));
      paces.adopted(job);
    } else {
      matcher.add(job);
    }
    adoption.admitted(job);
    relay.changed(job);
    matchSoon();
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

  /** Whether jobs of this model come here. */
  boolean owns(ModelId model) {
    return shards.of(model).stream().anyMatch(each -> partitions.find(each).isPresent());
  }

  /** Whether a job here would be given to the worker if it had another slot. */
  boolean isWaitedFor(WorkerId worker) {
    return matcher.isWaitedFor(worker, clock.millis());
  }

  Matcher matcher() {
    return matcher;
  }

  /** Jobs whose current attempt this worker holds. */
  Set<LiveJob> servedBy(WorkerId worker) {
    return jobs.values().stream()
        .filter(job -> job.holders().contains(worker))
        .collect(Collectors.toSet());
  }

  /** A worker says that it runs an attempt. */
  void reported(WorkerLink worker, WorkerReport.Running running) {
    adoption.reported(worker, running);
  }

  /** A result for a job that is not here. */
  void unknownResult(Roster.Connected worker, JobId id, Roster.Parked result, int partition) {
    adoption.unknownResult(worker, id, result, partition);
  }

  void tick() {
    long now = clock.millis();
    deadlines.due(now).forEach(job -> handle(job, new Command.Tick()));
    matcher.lookAgain(now);
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
    become(job, decision.state());
    consequences.carryOut(job, decision.effects());
    if (!decision.effects().isEmpty() || before.getClass() != decision.state().getClass()) {
      relay.changed(job);
    }
  }

  private void become(LiveJob job, JobState next) {
    JobState before = job.state();
    job.become(next);
    index(job, before, next);
    paces.changed(job, before, next, clock.millis());
    watch(job);
  }

  private void watch(LiveJob job) {
    if (job.state() instanceof JobState.Terminal) {
      deadlines.forget(job);
    } else {
      deadlines.set(job, machine.due(job.state()));
    }
  }

  /** A race takes a slot only where nobody waits for one. */
  private void hedge(LiveJob job) {
    matcher.rival(job, clock.millis()).ifPresent(match -> grants.hedged(job, match));
  }

  /** Keeps queue and worker index in step with the state. */
  private void index(LiveJob job, JobState before, JobState after) {
    Set<WorkerId> left = LiveJob.holders(before);
    Set<WorkerId> joined = LiveJob.holders(after);
    if (!left.equals(joined)) {
      serving(left, worker -> worker.serving().remove(job));
      serving(joined, worker -> worker.serving().add(job));
    }
    if (after instanceof JobState.Queued && !(before instanceof JobState.Queued)) {
      job.avoided().addAll(left);
      matcher.add(job);
      matchSoon();
    } else if (before instanceof JobState.Queued && !(after instanceof JobState.Queued)) {
      matcher.remove(job);
    }
  }

  private void ended(LiveJob job, JobState.Terminal state) {
    job.markEnded();
    job.trace().finished(JobCodec.outcomeOf(state));
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
    paces.forget(job);
    deadlines.forget(job);
    serving(job.holders(), worker -> worker.serving().remove(job));
    relay.forget(job);
  }

  private final class Holder
      implements Consequences.Owner, Intake.Jobs, Adoption.Jobs, Grants.Jobs {
    @Override
    public Optional<LiveJob> find(JobId id) {
      return Dispatcher.this.find(id);
    }

    @Override
    public void admit(LiveJob job) {
      Dispatcher.this.admit(job);
    }

    @Override
    public boolean holds(LiveJob job) {
      return jobs.get(job.id()) == job;
    }

    @Override
    public void handle(LiveJob job, Command command) {
      Dispatcher.this.handle(job, command);
    }

    @Override
    public void hedge(LiveJob job) {
      Dispatcher.this.hedge(job);
    }

    @Override
    public void ended(LiveJob job, JobState.Terminal state) {
      Dispatcher.this.ended(job, state);
    }

    @Override
    public void abandon(LiveJob job, JobState.Terminal state) {
      become(job, state);
      relay.changed(job);
    }

    @Override
    public void drop(LiveJob job) {
      Dispatcher.this.drop(job);
    }
  }

  private void serving(Set<WorkerId> workers, Consumer<Roster.Connected> change) {
    workers.forEach(worker -> roster.find(worker).ifPresent(change));
  }

  static Duration tickEvery() {
    return Duration.ofMillis(100);
  }
}
