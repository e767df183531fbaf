package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.SchedulerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * What this instance believes about the owners: the newest answer of the group's coordinator. It
 * may be a moment late, so nothing is decided by it but where a message goes; whoever gets one that
 * it does not own leaves it unanswered. The owner's thread only, except for {@link #doubt}.
 */
@Singleton
public class Directory {
  private final String self;
  private Owners owners = Owners.NOBODY;
  private Runnable changed = () -> {};
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

  public void update(Owners newest) {
    if (!newest.equals(owners)) {
      owners = newest;
      changed.run();
    }
  }

  /** Something happened that changes owners: asks the coordinator soon. Thread-safe. */
  public void doubt() {
    doubted.run();
  }

  void onChange(Runnable action) {
    changed = action;
  }

  /** Who asks the coordinator. */
  public void onDoubt(Runnable action) {
    doubted = action;
  }
}
