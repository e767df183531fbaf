package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.scheduler.market.Ask;
import io.dgrid.scheduler.market.Levels;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Match;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The waiting jobs, one line per model in order of arrival, and their way to the market: whoever is
 * first in line and pays for a free slot gets the best one; who cannot hope for any is refused.
 */
final class Matcher {
  private final Market market;
  private final Paces paces;
  private final Predicate<ModelId> unsure;
  private final Outcome outcome;
  private final long noWorkerAfter;
  private final Map<ModelId, WaitingLine<LiveJob>> lines = new HashMap<>();
  private final Set<ModelId> dirty = new LinkedHashSet<>();
  private final List<LiveJob> arrived = new ArrayList<>();
  private long settledFrom;

  /** What follows from a match. */
  interface Outcome {
    /** The job waits no longer. */
    void won(LiveJob job, Match match);

    void refused(LiveJob job, DGridException why);
  }

  /**
   * @param unsure of which models a better offer may be on its way: their jobs wait
   * @param noWorkerAfter milliseconds a job waits for a first offer
   */
  Matcher(
      Market market, Paces paces, Predicate<ModelId> unsure, Outcome outcome, long noWorkerAfter) {
    this.market = market;
    this.paces = paces;
    this.unsure = unsure;
    this.outcome = outcome;
    this.noWorkerAfter = noWorkerAfter;
  }

  /** Until then workers may still be on their way here, so no job is refused. */
  void settledFrom(long moment) {
    settledFrom = Math.max(settledFrom, moment);
  }

  void add(LiveJob job) {
    lines
        .computeIfAbsent(job.model(), model -> new WaitingLine<>())
        .add(job.sequence(), job.spec().request().maxPrice(), job);
    arrived.add(job);
    dirty.add(job.model());
  }

  void remove(LiveJob job) {
    WaitingLine<LiveJob> line = lines.get(job.model());
    if (line != null && line.remove(job.sequence()) && line.isEmpty()) {
      lines.remove(job.model());
    }
  }

  void offersChanged(Iterable<ModelId> models) {
    models.forEach(dirty::add);
  }

  int waiting() {
    return lines.values().stream().mapToInt(WaitingLine::size).sum();
  }

  /** Gives what is free to those who wait for it, and tells those who just came if none will be. */
  void run(long now) {
    List<ModelId> models = List.copyOf(dirty);
    List<LiveJob> newcomers = List.copyOf(arrived);
    dirty.clear();
    arrived.clear();
    models.forEach(model -> serve(model, now));
    newcomers.forEach(job -> judge(job, market.levels(job.model(), now), now));
  }

  /** Looks at everyone: bans end, offers expire and waits run out with time. */
  void lookAgain(long now) {
    for (ModelId model : List.copyOf(lines.keySet())) {
      serve(model, now);
      Levels levels = market.levels(model, now);
      line(model).map(WaitingLine::all).orElse(List.of()).forEach(job -> judge(job, levels, now));
    }
  }

  /**
   * The best free worker for a race, other than those that hold or failed the job. A race wants
   * speed: it does not wait for better offers.
   */
  Optional<Match> rival(LiveJob job, long now) {
    Set<WorkerId> others = new HashSet<>(job.avoided());
    others.addAll(job.holders());
    // Those to avoid win where nobody else can: here nobody else means no race.
    return market
        .best(ask(job, others), now)
        .filter(match -> !others.contains(match.winner().worker()))
        .filter(match -> !isWaitedFor(match.winner().offer().pricing().highest(), job.model()));
  }

  /** Whether somebody in line would have the worker's next slot. */
  boolean isWaitedFor(WorkerId worker, long now) {
    return market.prices(worker, now).entrySet().stream()
        .anyMatch(each -> isWaitedFor(each.getValue(), each.getKey()));
  }

  private boolean isWaitedFor(Price asked, ModelId model) {
    return !unsure.test(model) && line(model).flatMap(line -> line.first(asked)).isPresent();
  }

  private void serve(ModelId model, long now) {
    Optional<LiveJob> next = nextServed(model, now);
    while (next.isPresent()) {
      LiveJob job = next.get();
      job.withoutOffersSince(0);
      outcome.won(job, market.best(ask(job), now).orElseThrow());
      next = nextServed(model, now);
    }
  }

  /** The first in line who pays for the cheapest free slot: nobody before it can have any. */
  private Optional<LiveJob> nextServed(ModelId model, long now) {
    return unsure.test(model)
        ? Optional.empty()
        : line(model).flatMap(line -> market.levels(model, now).open().flatMap(line::first));
  }

  private void judge(LiveJob job, Levels levels, long now) {
    if (!isWaiting(job)) {
      return;
    }
    Price pays = job.spec().request().maxPrice();
    boolean first = job.state().progress().highestAttempt() == 0;
    if (levels.isBusyAt(pays)) {
      job.withoutOffersSince(0);
      if (first && now >= settledFrom) {
        hurry(job, now);
      }
    } else if (first && now >= settledFrom && levels.isAbove(pays)) {
      outcome.refused(job, priceTooLow(levels.any().orElseThrow()));
    } else {
      waitForOffer(job, now);
    }
  }

  /** No job waits for an end that it will not live to see; only newcomers are turned away. */
  private void hurry(LiveJob job, long now) {
    if (job.isPromisedItsTurn()) {
      return;
    }
    job.promiseItsTurn();
    Price pays = job.spec().request().maxPrice();
    int ahead = line(job.model()).map(line -> line.ahead(job.sequence(), pays)).orElse(0);
    OptionalLong estimate = paces.estimate(job, ahead);
    long left = job.spec().deadline() - now;
    if (estimate.isPresent() && estimate.getAsLong() > left) {
      outcome.refused(job, tooLate(estimate.getAsLong(), left, ahead));
    }
  }

  private void waitForOffer(LiveJob job, long now) {
    if (job.withoutOffersSince() == 0) {
      job.withoutOffersSince(now);
    }
    if (now >= settledFrom && now - job.withoutOffersSince() >= noWorkerAfter) {
      outcome.refused(
          job,
          new DGridException(
              ErrorCode.NO_WORKER,
              "no worker offered the model within " + noWorkerAfter + " ms; try again later"));
    }
  }

  private Optional<WaitingLine<LiveJob>> line(ModelId model) {
    return Optional.ofNullable(lines.get(model));
  }

  private static DGridException priceTooLow(Price cheapest) {
    return new DGridException(
        ErrorCode.PRICE_TOO_LOW,
        "the cheapest offer asks " + cheapest + " per million tokens, above the maximum price",
        Map.of("cheapest", cheapest.toString()));
  }

  private static DGridException tooLate(long estimate, long left, int ahead) {
    return new DGridException(
        ErrorCode.DEADLINE_UNREACHABLE,
        "the answer would take about "
            + estimate
            + " ms with "
            + ahead
            + " jobs ahead, and its deadline is in "
            + left
            + " ms; try again later or allow more time",
        Map.of(
            "estimate_ms", Long.toString(estimate),
            "retry_after_ms", Long.toString(estimate - left)));
  }

  private static Ask ask(LiveJob job) {
    return ask(job, Set.copyOf(job.avoided()));
  }

  private static Ask ask(LiveJob job, Set<WorkerId> avoided) {
    Progress progress = job.state().progress();
    int delivered = progress.transcript().end();
    // A continuing attempt bills no input tokens.
    int input = delivered == 0 ? job.spec().inputTokens() : 0;
    int output = Math.max(1, job.spec().request().maxOutputTokens() - delivered);
    return new Ask(job.model(), input, output, job.spec().request().maxPrice(), avoided);
  }

  private static boolean isWaiting(LiveJob job) {
    return job.state() instanceof JobState.Queued;
  }
}
