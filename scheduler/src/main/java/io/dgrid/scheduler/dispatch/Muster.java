package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.job.WorkerId;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the workers of partitions that just came here are known here. A new owner hears of them
 * one by one, as their gateways learn of it; the first to be known need not be the cheapest. So
 * jobs there wait until each other scheduler has named its workers and those have stated what they
 * offer, or until the {@linkplain Roll roll} is given up. A model of which a partition has been
 * here longer does not wait: its workers are known. The owner's thread only.
 */
@Singleton
public class Muster {
  private final Roster roster;
  private final Shards shards;
  private final List<Roll> rolls = new ArrayList<>();

  /** Partitions owned here whose workers are known. */
  private final Set<Integer> settled = new HashSet<>();

  private Runnable onEnd = () -> {};

  /** What is not yet known of some partitions. */
  public static final class Roll {
    private final Set<Integer> partitions;
    private final Set<WorkerId> missing = new HashSet<>();
    private Optional<Set<String>> unanswered = Optional.empty();

    private Roll(Collection<Integer> partitions) {
      this.partitions = new HashSet<>(partitions);
    }

    /** Those of its partitions that are still owned here. */
    public Set<Integer> partitions() {
      return Set.copyOf(partitions);
    }

    private boolean isComplete() {
      return partitions.isEmpty()
          || (unanswered.filter(Set::isEmpty).isPresent() && missing.isEmpty());
    }
  }

  Muster(Roster roster, Shards shards) {
    this.roster = roster;
    this.shards = shards;
  }

  /** What to do when jobs need not wait any longer. */
  void onEnd(Runnable step) {
    onEnd = step;
  }

  /** Jobs of these partitions wait from now on. */
  public Roll begin(Collection<Integer> partitions) {
    Roll roll = new Roll(partitions);
    rolls.add(roll);
    return roll;
  }

  /** These schedulers have been asked: what they name is waited for. */
  public void asked(Roll roll, Set<String> schedulers) {
    roll.unanswered = Optional.of(new HashSet<>(schedulers));
    endThoseComplete();
  }

  /** One of them has named its workers. */
  public void named(Roll roll, String scheduler, Collection<WorkerId> workers) {
    roll.unanswered.ifPresent(schedulers -> schedulers.remove(scheduler));
    workers.stream().filter(worker -> !hasStated(worker)).forEach(roll.missing::add);
    endThoseComplete();
  }

  /** A worker has stated what it offers, or has gone. */
  void found(WorkerId worker) {
    if (!rolls.isEmpty()) {
      rolls.forEach(roll -> roll.missing.remove(worker));
      endThoseComplete();
    }
  }

  /** A partition is not owned here any more. */
  void released(int partition) {
    settled.remove(partition);
    rolls.forEach(roll -> roll.partitions.remove(partition));
    endThoseComplete();
  }

  /**
   * Jobs wait no longer, whoever is missing.
   *
   * @return false when nobody was
   */
  public boolean giveUp(Roll roll) {
    boolean early = rolls.contains(roll);
    if (early) {
      end(List.of(roll));
    }
    return early;
  }

  public boolean isOver(Roll roll) {
    return !rolls.contains(roll);
  }

  /** Whether a worker of the model may be on its way here. */
  boolean isAwaited(ModelId model) {
    if (rolls.isEmpty()) {
      return false;
    }
    Set<Integer> places = shards.of(model);
    return places.stream().noneMatch(settled::contains)
        && rolls.stream().anyMatch(roll -> roll.partitions.stream().anyMatch(places::contains));
  }

  private boolean hasStated(WorkerId worker) {
    return roster.find(worker).filter(each -> each.report() != WorkerReport.NONE).isPresent();
  }

  private void endThoseComplete() {
    List<Roll> complete = rolls.stream().filter(Roll::isComplete).toList();
    if (!complete.isEmpty()) {
      end(complete);
    }
  }

  private void end(List<Roll> ending) {
    rolls.removeAll(ending);
    ending.forEach(roll -> settled.addAll(roll.partitions));
    onEnd.run();
  }
}
