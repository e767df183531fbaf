package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.job.WorkerId;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether the workers of partitions that just came here are known here. A new owner hears of them
 * one by one, as their gateways learn of it; the first to be known need not be the cheapest. So
 * jobs there wait until each other scheduler has named its workers and those have stated what they
 * offer, or until the {@linkplain Roll roll} is given up. The owner's thread only.
 */
@Singleton
public class Muster {
  private final Roster roster;
  private final Shards shards;
  private final List<Roll> rolls = new ArrayList<>();
  private Runnable over = () -> {};

  /** What is not yet known of some partitions. */
  public static final class Roll {
    private final Set<Integer> partitions;
    private final Set<String> asked;
    private final Set<WorkerId> missing = new HashSet<>();

    private Roll(Collection<Integer> partitions, Collection<String> asked) {
      this.partitions = Set.copyOf(partitions);
      this.asked = new HashSet<>(asked);
    }

    private boolean isComplete() {
      return asked.isEmpty() && missing.isEmpty();
    }
  }

  Muster(Roster roster, Shards shards) {
    this.roster = roster;
    this.shards = shards;
  }

  /** What to do when jobs need not wait any longer. */
  void onEnd(Runnable step) {
    over = step;
  }

  /** Jobs of these partitions wait for the workers of those schedulers. */
  public Roll begin(Collection<Integer> partitions, Collection<String> schedulers) {
    Roll roll = new Roll(partitions, schedulers);
    if (!roll.isComplete()) {
      rolls.add(roll);
    }
    return roll;
  }

  /** One of them has named its workers; none when it cannot be asked. */
  public void named(Roll roll, String scheduler, Collection<WorkerId> workers) {
    roll.asked.remove(scheduler);
    workers.stream().filter(worker -> !hasStated(worker)).forEach(roll.missing::add);
    close();
  }

  /** A worker has stated what it offers. */
  void heard(WorkerId worker) {
    if (!rolls.isEmpty()) {
      rolls.forEach(roll -> roll.missing.remove(worker));
      close();
    }
  }

  /**
   * Jobs wait no longer, whoever is missing.
   *
   * @return false when nobody was
   */
  public boolean giveUp(Roll roll) {
    boolean early = rolls.remove(roll);
    if (early) {
      over.run();
    }
    return early;
  }

  /** Whether a worker of the model may be on its way here. */
  boolean isAwaited(ModelId model) {
    if (rolls.isEmpty()) {
      return false;
    }
    Set<Integer> places = shards.of(model);
    return rolls.stream().anyMatch(roll -> roll.partitions.stream().anyMatch(places::contains));
  }

  private boolean hasStated(WorkerId worker) {
    return roster.find(worker).filter(each -> each.report() != WorkerReport.NONE).isPresent();
  }

  private void close() {
    if (rolls.removeIf(Roll::isComplete)) {
      over.run();
    }
  }
}
