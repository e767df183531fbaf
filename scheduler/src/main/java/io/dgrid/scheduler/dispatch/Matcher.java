package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.market.Ask;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The queues of waiting jobs, one per model in order of arrival, and their way to the market. */
final class Matcher {
  /** Jobs in a row that find nothing before the rest of a queue is left for later. */
  private static final int PATIENCE = 32;

  private final Market market;
  private final Outcome outcome;
  private final long noWorkerAfter;
  private final Map<ModelId, TreeMap<Long, LiveJob>> queues = new HashMap<>();
  private final Set<ModelId> dirty = new LinkedHashSet<>();
  private long settledFrom;

  /** What follows from a match. */
  interface Outcome {
    void won(LiveJob job, Match.Won match);

    void refused(LiveJob job, DGridException why);
  }

  /**
   * @param noWorkerAfter milliseconds a job waits for a first offer
   */
  Matcher(Market market, Outcome outcome, long noWorkerAfter) {
    this.market = market;
    this.outcome = outcome;
    this.noWorkerAfter = noWorkerAfter;
  }

  /** Until then workers may still be on their way here, so no job is refused over its price. */
  void settledFrom(long moment) {
    settledFrom = Math.max(settledFrom, moment);
  }

  void add(LiveJob job) {
    queues.computeIfAbsent(job.model(), model -> new TreeMap<>()).put(job.sequence(), job);
    dirty.add(job.model());
  }

  void remove(LiveJob job) {
    TreeMap<Long, LiveJob> queue = queues.get(job.model());
    if (queue != null && queue.remove(job.sequence()) != null && queue.isEmpty()) {
      queues.remove(job.model());
    }
  }

  void offersChanged(Iterable<ModelId> models) {
    models.forEach(dirty::add);
  }

  /** Looks at every queue in which jobs wait: bans end and waits run out with time. */
  void lookAgain() {
    dirty.addAll(queues.keySet());
  }

  int waiting() {
    return queues.values().stream().mapToInt(TreeMap::size).sum();
  }

  void run(long now) {
    List<ModelId> models = List.copyOf(dirty);
    dirty.clear();
    for (ModelId model : models) {
      TreeMap<Long, LiveJob> queue = queues.get(model);
      if (queue != null) {
        run(queue, now);
      }
    }
  }

  /** A step at a time, because a match takes its job out of the queue. */
  private void run(TreeMap<Long, LiveJob> queue, long now) {
    int unlucky = 0;
    Map.Entry<Long, LiveJob> next = queue.firstEntry();
    while (next != null && unlucky < PATIENCE) {
      unlucky = match(next.getValue(), now) ? 0 : unlucky + 1;
      next = queue.higherEntry(next.getKey());
    }
  }

  private boolean match(LiveJob job, long now) {
    return switch (market.best(ask(job), now)) {
      case Match.Won won -> {
        job.withoutOffersSince(0);
        outcome.won(job, won);
        yield true;
      }
      case Match.Busy busy -> {
        job.withoutOffersSince(0);
        yield false;
      }
      case Match.PriceTooLow low -> {
        if (now >= settledFrom && job.state().progress().highestAttempt() == 0) {
          outcome.refused(
              job,
              new DGridException(
                  ErrorCode.PRICE_TOO_LOW,
                  "the cheapest offer asks "
                      + low.cheapest()
                      + " per million tokens, above the maximum price",
                  Map.of("cheapest", low.cheapest().toString())));
          yield true;
        }
        yield waited(job, now);
      }
      case Match.NoOffers none -> waited(job, now);
    };
  }

  private boolean waited(LiveJob job, long now) {
    if (job.withoutOffersSince() == 0) {
      job.withoutOffersSince(now);
    }
    if (now < settledFrom || now - job.withoutOffersSince() < noWorkerAfter) {
      return false;
    }
    outcome.refused(
        job,
        new DGridException(
            ErrorCode.NO_WORKER,
            "no worker offered the model within " + noWorkerAfter + " ms; try again later"));
    return true;
  }

  private static Ask ask(LiveJob job) {
    Progress progress = job.state().progress();
    int delivered = progress.transcript().end();
    // A continuing attempt bills no input tokens.
    int input = delivered == 0 ? job.spec().inputTokens() : 0;
    int output = Math.max(1, job.spec().request().maxOutputTokens() - delivered);
    return new Ask(
        job.model(), input, output, job.spec().request().maxPrice(), Set.copyOf(job.avoided()));
  }

  static boolean isWaiting(LiveJob job) {
    return job.state() instanceof JobState.Queued;
  }
}
