package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.SchedulerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What this instance believes about the owners: the newest answer of the group's coordinator. It
 * may be a moment late, so nothing is decided by it but where a message goes; whoever gets one that
 * it does not own leaves it unanswered. The owner's thread only, where nothing else is said.
 */
@Singleton
public class Directory {
  private final String self;
  private volatile Owners owners = Owners.NOBODY;
  private final List<Runnable> listeners = new ArrayList<>();
  private volatile Runnable doubted = () -> {};

  @Inject
  Directory(SchedulerConfig config) {
    this(config.advertisedAddress());
  }

  Directory(String self) {
    this.self = self;
  }

  /** The other scheduler that owns the partition; empty when it is this one or nobody is known. */
  Optional<String> elsewhere(int partition) {
    return owners.of(partition).filter(owner -> !owner.equals(self));
  }

  /** Where this instance is reached. */
  String self() {
    return self;
  }

  /** The other members of the group. */
  Set<String> others() {
    Set<String> others = new HashSet<>(owners.members());
    others.remove(self);
    return others;
  }

  /** Whether one scheduler owns all of these. */
  boolean owns(String owner, Collection<Integer> partitions) {
    return partitions.stream().allMatch(each -> owners.of(each).filter(owner::equals).isPresent());
  }

  /** Whether this instance is in the group and others own all there is. Thread-safe. */
  public boolean isSpare(int partitions) {
    Owners known = owners;
    return known.members().contains(self)
        && IntStream.range(0, partitions)
            .allMatch(each -> known.of(each).filter(owner -> !owner.equals(self)).isPresent());
  }

  public void update(Owners newest) {
    if (!newest.equals(owners)) {
      owners = newest;
      listeners.forEach(Runnable::run);
    }
  }

  /** Something happened that changes owners: asks the coordinator soon. Thread-safe. */
  public void doubt() {
    doubted.run();
  }

  /** Runs after each change, in the order in which they were registered. */
  void onChange(Runnable action) {
    listeners.add(action);
  }

  /** Who asks the coordinator. */
  public void onDoubt(Runnable action) {
    doubted = action;
  }
}
