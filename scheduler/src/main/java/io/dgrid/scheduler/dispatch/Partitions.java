package io.dgrid.scheduler.dispatch;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The partitions this instance owns now, and what the log said about each when it was taken. */
final class Partitions {
  private final Map<Integer, Owned> owned = new HashMap<>();

  /** One partition; caught up once every submission from before the take-over has been seen. */
  static final class Owned {
    private final History history;
    private final long reportBy;
    private boolean caughtUp;

    private Owned(History history, long reportBy) {
      this.history = history;
      this.reportBy = reportBy;
    }

    History history() {
      return history;
    }

    /** Unix milliseconds from which an attempt that nobody reported counts as detached. */
    long reportBy() {
      return reportBy;
    }

    boolean isCaughtUp() {
      return caughtUp;
    }
  }

  void take(int partition, History history, long reportBy) {
    owned.put(partition, new Owned(history, reportBy));
  }

  void release(int partition) {
    owned.remove(partition);
  }

  void caughtUp(int partition) {
    find(partition).ifPresent(taken -> taken.caughtUp = true);
  }

  Optional<Owned> find(int partition) {
    return Optional.ofNullable(owned.get(partition));
  }

  boolean knowsEveryJob(int partition) {
    return find(partition).filter(Owned::isCaughtUp).isPresent();
  }

  int count() {
    return owned.size();
  }
}
