package io.dgrid.scheduler.dispatch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * When time next changes which job: a job that nothing is due for costs nothing. One entry per job.
 * The owner's thread only.
 */
final class Deadlines {
  private static final Comparator<Entry> ORDER =
      Comparator.comparingLong(Entry::at).thenComparingLong(entry -> entry.job().sequence());

  private final TreeSet<Entry> entries = new TreeSet<>(ORDER);
  private final Map<LiveJob, Entry> byJob = new HashMap<>();

  private record Entry(long at, LiveJob job) {}

  /**
   * A moment that only moved later keeps its entry, because it does so with every chunk: the job is
   * then looked at too early, once, and set again.
   *
   * @param at Unix milliseconds
   */
  void set(LiveJob job, long at) {
    Entry before = byJob.get(job);
    if (before == null || at < before.at()) {
      forget(job);
      Entry entry = new Entry(at, job);
      entries.add(entry);
      byJob.put(job, entry);
    }
  }

  void forget(LiveJob job) {
    Entry entry = byJob.remove(job);
    if (entry != null) {
      entries.remove(entry);
    }
  }

  /** Takes out the jobs whose moment has come, the earliest first. */
  List<LiveJob> due(long now) {
    List<LiveJob> due = new ArrayList<>();
    while (!entries.isEmpty() && entries.first().at() <= now) {
      LiveJob job = entries.first().job();
      forget(job);
      due.add(job);
    }
    return due;
  }

  int size() {
    return entries.size();
  }
}
