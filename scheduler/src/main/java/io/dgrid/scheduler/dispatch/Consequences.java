package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.Chunk;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.Effect;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Market;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Carries out what was decided about a job: into the log first, then to workers and market. The
 * owner's thread only.
 */
final class Consequences {
  private static final Logger LOG = Logger.getLogger(Consequences.class);

  private final Loop loop;
  private final InstantSource clock;
  private final SchedulerConfig config;
  private final JobLog log;
  private final EdgeRelay relay;
  private final Roster roster;
  private final Market market;
  private final SchedulerMetrics metrics;
  private final Owner owner;

  /** Who holds the jobs. */
  interface Owner {
    boolean holds(LiveJob job);

    void handle(LiveJob job, Command command);

    /** Its first token is late: a second worker may race for it. */
    void hedge(LiveJob job);

    /** The job's end is in the log. */
    void ended(LiveJob job, JobState.Terminal state);

    /** The job ends outside of its rules; its worker is already told. */
    void abandon(LiveJob job, JobState.Terminal state);

    void drop(LiveJob job);
  }

  Consequences(
      Loop loop,
      InstantSource clock,
      SchedulerConfig config,
      JobLog log,
      EdgeRelay relay,
      Roster roster,
      Market market,
      SchedulerMetrics metrics,
      Owner owner) {
    this.loop = loop;
    this.clock = clock;
    this.config = config;
    this.log = log;
    this.relay = relay;
    this.roster = roster;
    this.market = market;
    this.metrics = metrics;
    this.owner = owner;
  }

  void carryOut(LiveJob job, List<Effect> effects) {
    write(job, effects);
    effects.forEach(effect -> perform(job, effect));
  }

  /** What one decision makes durable is seen by every reader at once: a bill with its end. */
  private void write(LiveJob job, List<Effect> effects) {
    List<JobLog.Entry> entries = new ArrayList<>();
    for (Effect effect : effects) {
      if (effect instanceof Effect.Durable durable) {
        entries.addAll(entries(job, durable));
      }
    }
    if (!entries.isEmpty()) {
      job.writing(log.write(job.partition(), entries));
    }
  }

  private List<? extends JobLog.Entry> entries(LiveJob job, Effect.Durable effect) {
    long now = clock.millis();
    return switch (effect) {
      case Effect.Granted granted ->
          List.of(new JobLog.Transition(JobCodec.granted(job.spec(), granted.attempt(), now)));
      case Effect.Ended ended ->
          List.of(new JobLog.Transition(JobCodec.ended(job.spec(), ended, now)));
      case Effect.ReceiptFiled filed ->
          List.of(new JobLog.Filed(filed.receipt(), job.trace().run()));
      case Effect.Finished finished ->
          JobCodec.finished(job.spec(), finished.state(), tail(job, finished.state()), now).stream()
              .map(JobLog.Transition::new)
              .toList();
    };
  }

  /**
   * What some edge may not have: were this process to die right after the end is in the log, nobody
   * else could bring it there.
   */
  private List<Chunk> tail(LiveJob job, JobState.Terminal state) {
    List<Chunk> tail = state.progress().transcript().from(relay.confirmed(job));
    metrics.tail(tail.stream().mapToInt(Chunk::size).sum());
    return tail;
  }

  /** Goes on with the job once everything written for it so far is in the log. */
  private void onceDurable(LiveJob job, Runnable next) {
    job.durable()
        .thenAccept(
            outcome ->
                loop.execute(
                    () -> {
                      if (!owner.holds(job)) {
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
    if (outcome == JobLog.Outcome.NOT_OWNER) {
      LOG.infof("job %s is another scheduler's now", job.id());
      owner.drop(job);
    } else if (job.giveUp()) {
      LOG.errorf("job %s fails: what there is to write of it is larger than a record", job.id());
      metrics.rejected("write");
      end(job);
    }
  }

  /** Without any receipt: what a bill would name may be what could not be written. */
  private void end(LiveJob job) {
    JobState.Failed end =
        new JobState.Failed(
            Progress.start(job.spec(), 0),
            new DGridException(ErrorCode.INTERNAL, "the job's record is too large"));
    if (job.state() instanceof JobState.Active active) {
      for (Attempt attempt : active.attempts()) {
        roster
            .find(attempt.worker())
            .ifPresent(w -> w.send(SessionCodec.forget(job.id(), attempt.number())));
      }
    }
    owner.abandon(job, end);
    carryOut(job, List.of(new Effect.Finished(end)));
  }

  private void perform(LiveJob job, Effect effect) {
    switch (effect) {
      case Effect.Granted granted -> {
        metrics.attempt("granted");
        int attempt = granted.attempt().number();
        job.trace().attemptGranted(attempt);
        onceDurable(job, () -> owner.handle(job, new Command.GrantDurable(attempt)));
      }
      case Effect.Ended ended -> {
        metrics.attempt("ended");
        if (ended.how() == Effect.Ended.How.OVERTAKEN) {
          job.trace().attemptOvertaken(ended.attempt());
        } else {
          job.trace().attemptFailed(ended.attempt(), ended.failure().code().name());
        }
      }
      case Effect.ReceiptFiled filed -> {}
      case Effect.Finished finished -> finish(job, finished.state());
      case Effect.Hedge hedge -> owner.hedge(job);
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
      case Effect.Overtaken slow -> market.slowerThan(slow.worker(), slow.millis());
      case Effect.WorkerFailed failed -> {
        job.avoided().add(failed.worker());
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
    metrics.finished(JobCodec.outcomeOf(state));
    onceDurable(job, () -> owner.ended(job, state));
  }
}
