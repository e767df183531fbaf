package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import java.time.InstantSource;

/** Gives jobs to the workers that won them. The owner's thread only. */
final class Grants implements Matcher.Outcome {
  private final InstantSource clock;
  private final Roster roster;
  private final Market market;
  private final SchedulerMetrics metrics;
  private final Jobs jobs;

  /** The jobs that are here. */
  interface Jobs {
    void handle(LiveJob job, Command command);
  }

  Grants(InstantSource clock, Roster roster, Market market, SchedulerMetrics metrics, Jobs jobs) {
    this.clock = clock;
    this.roster = roster;
    this.market = market;
    this.metrics = metrics;
    this.jobs = jobs;
  }

  @Override
  public void won(LiveJob job, Match match) {
    WorkerId worker = match.winner().worker();
    int number = job.state().progress().highestAttempt() + 1;
    if (job.state() instanceof JobState.Queued queued) {
      metrics.matchedAfter(Math.max(0, clock.millis() - queued.since()));
    }
    jobs.handle(job, new Command.Grant(worker, match.winner().signed()));
    if (job.state() instanceof JobState.Active active) {
      active.attempts().stream()
          .filter(attempt -> attempt.number() == number)
          .forEach(
              attempt -> job.assignments().put(number, JobCodec.assigned(attempt, match.losers())));
    }
    roster
        .find(worker)
        .ifPresent(
            connected -> {
              market.free(worker, connected.credit());
              connected.link().granting(job.id(), number);
            });
  }

  @Override
  public void refused(LiveJob job, DGridException why) {
    jobs.handle(job, new Command.Refuse(why));
  }

  /** The second worker of a race. */
  void hedged(LiveJob job, Match match) {
    won(job, match);
    if (job.state() instanceof JobState.Racing) {
      metrics.attempt("hedged");
    }
  }
}
