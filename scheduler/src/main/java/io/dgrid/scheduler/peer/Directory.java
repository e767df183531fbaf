package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.JobLog;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * What this instance believes about the owners: the newest answer of the group's coordinator. It
 * may be a moment late, so nothing is decided by it but where a message goes; whoever gets one that
 * it does not own leaves it unanswered. The owner's thread only, except for {@link #doubt}.
 */
@Singleton
public class Directory {
  private final String self;
  private final ToIntFunction<ModelId> partitionOf;
  private Owners owners = Owners.NOBODY;
  private Runnable changed = () -> {};
  private volatile Runnable doubted = () -> {};

  @Inject
  Directory(SchedulerConfig config, JobLog log) {
    this(config.advertisedAddress(), log::partitionOf);
  }

  Directory(String self, ToIntFunction<ModelId> partitionOf) {
    this.self = self;
    this.partitionOf = partitionOf;
  }

  /** The other scheduler that owns the model; empty when it is this one or nobody is known. */
  Optional<String> elsewhere(ModelId model) {
    return owners.of(partitionOf.applyAsInt(model)).filter(owner -> !owner.equals(self));
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
