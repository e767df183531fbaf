package io.dgrid.scheduler.peer;

import io.dgrid.scheduler.dispatch.Heard;
import java.time.Duration;
import java.util.Optional;

/** What a {@link Crossing} needs of the instance it is in. */
interface Surroundings extends Routes.Layout {
  /** The other scheduler that owns the partition; empty when it is this one or nobody is known. */
  Optional<String> elsewhere(int partition);

  /** A link that dials now and for as long as it is not closed. */
  OwnerLink open(String owner, PeerStream.Listener listener);

  void close(OwnerLink link);

  /** The owners known may be wrong: ask again soon. */
  void doubtOwners();

  /** Tells this instance's own jobs. */
  void here(Crossing crossing, Heard heard);

  /** Runs the step after the present one. */
  void later(Runnable step);

  void after(Duration delay, Runnable step);

  void forwarded();

  void declined();

  /** An owner let a slot lapse that was kept for it. */
  void lapsed();

  /** Unix milliseconds. */
  long now();
}
