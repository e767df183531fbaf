package io.dgrid.scheduler.job;

import io.dgrid.scheduler.job.JobState.Active;
import io.dgrid.scheduler.job.JobState.Assigned;
import io.dgrid.scheduler.job.JobState.Cancelled;
import io.dgrid.scheduler.job.JobState.Expired;
import io.dgrid.scheduler.job.JobState.Failed;
import io.dgrid.scheduler.job.JobState.Queued;
import io.dgrid.scheduler.job.JobState.Racing;
import io.dgrid.scheduler.job.JobState.Running;
import io.dgrid.scheduler.job.JobState.Succeeded;
import io.dgrid.scheduler.job.JobState.Terminal;
import java.util.ArrayList;
import java.util.List;

/** How states and decisions are put together. */
final class Transitions {
  private Transitions() {}

  static Active with(Active state, Progress progress, Attempt attempt) {
    return switch (state) {
      case Assigned assigned -> new Assigned(progress, attempt);
      case Racing racing -> new Racing(progress, attempt, racing.second());
      case Running running -> new Running(progress, attempt);
    };
  }

  static JobState with(JobState state, Progress progress) {
    return switch (state) {
      case Queued queued -> new Queued(progress, queued.since());
      case Active active -> with(active, progress, active.attempt());
      case Succeeded done -> new Succeeded(progress, done.reason());
      case Failed done -> new Failed(progress, done.failure());
      case Cancelled done -> new Cancelled(progress, done.failure());
      case Expired done -> new Expired(progress, done.failure());
    };
  }

  static JobState withoutClaim(JobState state, int attempt) {
    return with(state, state.progress().withoutClaim(attempt));
  }

  static Decision preceded(List<Effect> before, Decision decision) {
    List<Effect> effects = new ArrayList<>(before);
    effects.addAll(decision.effects());
    return new Decision(decision.state(), List.copyOf(effects));
  }

  static Decision followed(Decision decision, Effect after) {
    List<Effect> effects = new ArrayList<>(decision.effects());
    effects.add(after);
    return new Decision(decision.state(), List.copyOf(effects));
  }

  static Decision finish(Terminal state) {
    return Decision.of(state, new Effect.Finished(state));
  }
}
