package io.dgrid.scheduler.log;

import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Which submissions still have a live job. The committed offset never passes the lowest of them, so
 * a successor reads every live job again. Thread-safe.
 */
@Singleton
class Offsets {
  private final Map<Integer, Progress> partitions = new HashMap<>();

  private static final class Progress {
    private final TreeSet<Long> live = new TreeSet<>();
    private long next;
    private long committed = -1;
  }

  synchronized void assigned(int partition, long position) {
    Progress progress = new Progress();
    progress.next = position;
    partitions.put(partition, progress);
  }

  synchronized void revoked(int partition) {
    partitions.remove(partition);
  }

  synchronized void taken(int partition, long offset) {
    Progress progress = partitions.get(partition);
    if (progress != null) {
      progress.live.add(offset);
      progress.next = offset + 1;
    }
  }

  synchronized void settled(int partition, long offset) {
    Progress progress = partitions.get(partition);
    if (progress != null) {
      progress.live.remove(offset);
    }
  }

  synchronized int live() {
    return partitions.values().stream().mapToInt(p -> p.live.size()).sum();
  }

  /** What to commit now; empty when nothing moved since the last commit. */
  synchronized OptionalLong toCommit(int partition) {
    Progress progress = partitions.get(partition);
    if (progress == null) {
      return OptionalLong.empty();
    }
    long lowest = progress.live.isEmpty() ? progress.next : progress.live.first();
    if (lowest == progress.committed) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(lowest);
  }

  synchronized void committed(int partition, long offset) {
    Progress progress = partitions.get(partition);
    if (progress != null) {
      progress.committed = offset;
    }
  }
}
