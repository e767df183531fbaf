package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.dispatch.WorkerReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
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
  private int open;

  /**
   * By a grant that the worker has not stated yet.
   *
   * @param passed whether the assignment is on its way to the worker
   */
  private record Taken(String owner, long at, boolean passed) {}

  private record Kept(int slots, long since, long until) {
    private Kept plus(int more) {
      return new Kept(slots + more, since, until);
    }
  }

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
    deal(now);
  }

  void stated(WorkerReport report, long now) {
    stated = report.draining() ? 0 : report.freeSlots();
    report.running().forEach(each -> taken.remove(new AttemptKey(each.job(), each.attempt())));
    taken.values().removeIf(each -> now - each.at() > CROSSING);
    deal(now);
  }

  /** Whether jobs of the owner wait for the worker. */
  void waiting(String owner, boolean waiting, long now) {
    turns.waiting(owner, waiting);
    if (!waiting) {
      Kept given = kept.remove(owner);
      if (given != null && !turns.isContended(now)) {
        open += given.slots();
      } else if (given != null) {
        deal(now, given.until());
        return;
      }
    }
    deal(now);
  }

  /** Nothing that it said counts any more, but what has gone to the worker. */
  void lost(String owner, long now) {
    taken.values().removeIf(each -> each.owner().equals(owner) && !each.passed());
    waiting(owner, false, now);
  }

  /**
   * An owner is about to give a slot away, which it says before its log has it: so others do not
   * give away the same one meanwhile.
   *
   * @return false when there is none for it
   */
  boolean granting(AttemptKey attempt, String owner, long now) {
    return taken.containsKey(attempt) || take(attempt, new Taken(owner, now, false));
  }

  /**
   * An owner gives a slot away.
   *
   * @return false when there is none for it
   */
  boolean take(AttemptKey attempt, String owner, long now) {
    Taken passing = new Taken(owner, now, true);
    return taken.replace(attempt, passing) != null || take(attempt, passing);
  }

  private boolean take(AttemptKey attempt, Taken how) {
    if (kept.containsKey(how.owner())) {
      kept.computeIfPresent(how.owner(), (same, each) -> each.slots() == 1 ? null : each.plus(-1));
    } else if (open > 0) {
      open--;
    } else {
      return false;
    }
    taken.put(attempt, how);
    turns.took(how.owner());
    return true;
  }

  /** The attempt is over, or never was. */
  void over(AttemptKey attempt, long now) {
    if (taken.remove(attempt) != null) {
      deal(now);
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

  /** Whether what others take is less for this owner. */
  boolean isSharedWith(String owner) {
    return turns.isShared() && turns.has(owner);
  }

  /** What it may still give away. */
  int leftTo(String owner) {
    Kept own = kept.get(owner);
    return open + (own == null ? 0 : own.slots());
  }

  /** When a slot that is kept now becomes anybody's. */
  OptionalLong lapsesAt() {
    return kept.values().stream().mapToLong(Kept::until).min();
  }

  /** True when a slot was kept in vain: it is anybody's until it is taken. */
  boolean lapse(long now) {
    boolean lapsed = false;
    for (String owner : List.copyOf(kept.keySet())) {
      Kept own = kept.get(owner);
      if (own.until() <= now) {
        kept.remove(owner);
        open += own.slots();
        lapsed = true;
        if (turns.isWaiting(owner) && now - own.since() >= firstRefusal) {
          turns.rest(owner, now + REST * firstRefusal);
        }
      }
    }
    return lapsed;
  }

  private int free() {
    return Math.max(0, stated - taken.size());
  }

  private void deal(long now) {
    deal(now, Long.MAX_VALUE);
  }

  /** Slots that nobody holds yet find somebody. */
  private void deal(long now, long atMostUntil) {
    int free = free();
    int held = kept.values().stream().mapToInt(Kept::slots).sum();
    if (held > free || !turns.isShared()) {
      kept.clear();
      held = 0;
    }
    if (!turns.isShared() || !turns.isContended(now)) {
      open = free - held;
      return;
    }
    open = Math.min(open, free - held);
    long until = Math.min(atMostUntil, now + firstRefusal);
    for (int fresh = free - held - open; fresh > 0; fresh--) {
      kept.merge(turns.next(now), new Kept(1, now, until), (old, one) -> old.plus(1));
    }
  }
}
