package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How fast the jobs of each model pass, as seen lately, and so what a job that has to wait may
 * expect. Milliseconds throughout. The owner's thread only.
 */
final class Paces {
  /** Weight of the newest observation in every average. */
  private static final double NEWEST = 0.1;

  /** What is more than so many times the average counts as so much: one job is not the rule. */
  private static final double OUTLIER = 4;

  /** Fewer observations say nothing. */
  private static final int ENOUGH = 8;

  private final Map<ModelId, Pace> paces = new HashMap<>();

  /**
   * A job on a worker.
   *
   * @param since when it was granted
   * @param first when its first token came; {@code since} before that
   */
  private record Run(long since, long first) {
    private Run withFirst(long moment) {
      return this == UNSEEN ? this : new Run(since, moment);
    }
  }

  /** Of a job that is no measure: taken over in the middle, or kept waiting by its client. */
  private static final Run UNSEEN = new Run(0, 0);

  /** Averages over the attempts that delivered something. */
  private static final class Pace {
    private final Map<LiveJob, Run> running = new HashMap<>();
    private int seen;
    private double service;
    private double firstToken;
    private double tokens;

    private void observe(Run run, int output, long now) {
      service = averaged(service, now - run.since());
      firstToken = averaged(firstToken, Math.min(run.first() - run.since(), service));
      tokens = averaged(tokens, output);
      seen++;
    }

    private double averaged(double average, double newest) {
      if (seen < ENOUGH) {
        return (average * seen + newest) / (seen + 1);
      }
      return (1 - NEWEST) * average + NEWEST * Math.min(newest, OUTLIER * Math.max(1, average));
    }
  }

  void changed(LiveJob job, JobState before, JobState after, long now) {
    if (!(before instanceof JobState.Active held)) {
      if (after instanceof JobState.Active) {
        pace(job).running.put(job, new Run(now, now));
      }
    } else if (!(after instanceof JobState.Active)) {
      Run run = pace(job).running.remove(job);
      int output = after.progress().transcript().end() - held.attempt().firstPosition();
      if (run != null && run != UNSEEN && output > 0) {
        pace(job).observe(run, output, now);
      }
    } else if (after instanceof JobState.Running && waitsForClient(after.progress())) {
      pace(job).running.replace(job, UNSEEN);
    } else if (!(before instanceof JobState.Running) && after instanceof JobState.Running) {
      pace(job).running.computeIfPresent(job, (same, run) -> run.withFirst(now));
    }
  }

  /** It holds its slot as long as its client likes, which says nothing about the model. */
  private static boolean waitsForClient(Progress progress) {
    return progress.transcript().end() >= progress.allowUntil();
  }

  /** A worker holds it, nobody here knows since when. */
  void adopted(LiveJob job) {
    pace(job).running.put(job, UNSEEN);
  }

  /** The job is no longer ours. */
  void forget(LiveJob job) {
    Pace pace = paces.get(job.model());
    if (pace != null) {
      pace.running.remove(job);
    }
  }

  /**
   * How long a job that finds no free slot will take from now to its end: the slots of the model
   * are taken for an average service time each, of which on average half is left, and are given up
   * in turn to those ahead; then comes its own answer, as long as the average one or as its limit.
   * Slots are those that this owner's jobs hold now: of a model with several owners each has its
   * share of them, and its own line. Empty while too little was seen.
   *
   * @param ahead jobs before it in line
   */
  OptionalLong estimate(LiveJob job, int ahead) {
    Pace pace = paces.get(job.model());
    if (pace == null || pace.seen < ENOUGH || pace.running.isEmpty()) {
      return OptionalLong.empty();
    }
    double wait = (ahead + 0.5) * pace.service / pace.running.size();
    double share = Math.min(1, job.spec().request().maxOutputTokens() / pace.tokens);
    double own = pace.firstToken + (pace.service - pace.firstToken) * share;
    return OptionalLong.of(Math.round(wait + own));
  }

  private Pace pace(LiveJob job) {
    return paces.computeIfAbsent(job.model(), model -> new Pace());
  }
}
