package io.dgrid.scheduler.job;

import java.util.List;

/** New state and what follows from it, in order. */
public record Decision(JobState state, List<Effect> effects) {
  static Decision of(JobState state, Effect... effects) {
    return new Decision(state, List.of(effects));
  }
}
