package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.dispatch.WorkerReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The free slots of one worker, and who may give them away. As a rule every owner may give away any
 * of them: whoever is first has it. While jobs of several owners wait for the worker, that would
 * cost a grant of each for every slot; then each free slot is kept for one owner, in turns, for as
 * long as the first refusal lasts, and after that it is anybody's again. Pure; milliseconds
 * throughout.
 */
final class Slots {
  /** The owner that is this instance. */
  static final String HERE = "";

  /** An assignment that the worker has not stated by then never got there. */
  private static final long CROSSING = 5_000;

  /** How many first refusals long an owner gets none that did not use its last one. */
  private static final int REST = 10;

  private final long firstRefusal;
  private final Turns turns = new Turns();
  private final Map<AttemptKey, Taken> taken = new HashMap<>();
  private final Map<String, Kept> kept = new HashMap<>();
  private int stated;
  private boolean keeping;

  /** By an assignment that passed and that the worker has not stated yet. */
  private record Taken(String owner, long at) {}

  private record Kept(int slots, long since, long until) {}

  Slots(Duration firstRefusal) {
    this.firstRefusal = firstRefusal.toMillis();
  }

  /**
   * Who may have jobs for the worker.
   *
   * @param byPartition an owner of several has as many turns
   */
  void owners(Map<Integer, String> byPartition, long now) {
    turns.owners(byPartition);
    keepAgain(now);
  }

  void stated(WorkerReport report, long now) {
    stated = report.draining() ? 0 : report.freeSlots();
    report.running().forEach(each -> taken.remove(new AttemptKey(each.job(), each.attempt())));
    taken.values().removeIf(each -> now - each.at() > CROSSING);
    keep(now);
  }

  /** Whether jobs of the owner wait for the worker. */
  void waiting(String owner, boolean waiting, long now) {
    turns.waiting(owner, waiting);
    if (!waiting) {
      keepAgain(now);
    }
  }

  /**
   * An owner gives a slot away.
   *
   * @return false when there is none for it
   */
  boolean take(AttemptKey attempt, String owner, long now) {
    if (free() < 1 || leftTo(owner) < 1) {
      return false;
    }
    taken.put(attempt, new Taken(owner, now));
    kept.computeIfPresent(
        owner,
        (same, each) ->
            each.slots() == 1 ? null : new Kept(each.slots() - 1, each.since(), each.until()));
    turns.took(owner);
    return true;
  }

  /** The attempt is over, or never was. */
  void over(AttemptKey attempt, long now) {
    if (taken.remove(attempt) != null) {
      keepAgain(now);
    }
  }

  /**
   * What the owner hears as free. It takes off what it has given away and not seen stated, so that
   * is put on.
   */
  int toldTo(String owner) {
    long own = taken.values().stream().filter(each -> each.owner().equals(owner)).count();
    return (int) own + leftTo(owner);
  }

  /** What it may still give away. */
  int leftTo(String owner) {
    return keeping ? keptFor(owner) : free();
  }

  /** When a slot that is kept now becomes anybody's. */
  OptionalLong lapsesAt() {
    return kept.values().stream().mapToLong(Kept::until).min();
  }

  /** True when a slot was kept in vain: it is anybody's until the worker speaks again. */
  boolean lapse(long now) {
    boolean lapsed = false;
    for (Map.Entry<String, Kept> each : kept.entrySet()) {
      Kept own = each.getValue();
      if (own.until() <= now) {
        lapsed = true;
        if (own.until() - own.since() >= firstRefusal) {
          turns.rest(each.getKey(), now + REST * firstRefusal);
        }
      }
    }
    if (lapsed) {
      kept.clear();
      keeping = false;
    }
    return lapsed;
  }

  private int free() {
    return Math.max(0, stated - taken.size());
  }

  private int keptFor(String owner) {
    Kept own = kept.get(owner);
    return own == null ? 0 : own.slots();
  }

  private void keepAgain(long now) {
    if (keeping) {
      keep(now);
    }
  }

  /**
   * Who has an offer keeps it: its answer may be on the way. What one owner does not want any more
   * the next one has for the rest of the time.
   */
  private void keep(long now) {
    Map<String, Integer> holding = new HashMap<>();
    kept.forEach((owner, each) -> holding.put(owner, each.slots()));
    Map<String, Integer> dealt = turns.deal(free(), holding, now);
    keeping = turns.isContended(now);
    Map<String, Kept> before = Map.copyOf(kept);
    long until =
        before.entrySet().stream()
            .filter(each -> !dealt.containsKey(each.getKey()))
            .mapToLong(each -> each.getValue().until())
            .min()
            .orElse(now + firstRefusal);
    kept.clear();
    dealt.forEach(
        (owner, slots) -> {
          Kept old = before.get(owner);
          kept.put(
              owner,
              old == null
                  ? new Kept(slots, now, until)
                  : new Kept(slots, old.since(), old.until()));
        });
  }
}
