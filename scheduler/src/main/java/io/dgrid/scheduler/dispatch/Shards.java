package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.placement.Placement;
import io.dgrid.scheduler.SchedulerConfig;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** In which partitions the jobs of a model may be. Where one job is, its assignment says. */
@Singleton
public class Shards {
  private final JobLog log;
  private final Map<ModelId, Integer> spreads;

  Shards(SchedulerConfig config, JobLog log) {
    this.log = log;
    Map<ModelId, Integer> spreads = new HashMap<>();
    config.market().spread().forEach((model, spread) -> spreads.put(model(model), checked(spread)));
    this.spreads = Map.copyOf(spreads);
  }

  /** Whose owners a worker of the model should be known to. */
  public Set<Integer> of(ModelId model) {
    return placement().partitions(model, spreads.getOrDefault(model, 1));
  }

  /** Where a job of which nobody says where it is would be if it came now. */
  public int of(ModelId model, JobId job) {
    return placement().partition(model, Placement.shard(job, spreads.getOrDefault(model, 1)));
  }

  /** Models on more than one partition. */
  Map<ModelId, Integer> spreads() {
    return spreads;
  }

  private Placement placement() {
    return new Placement(log.partitions());
  }

  private static ModelId model(String id) {
    try {
      return ModelId.fromHex(id);
    } catch (IllegalArgumentException malformed) {
      throw new IllegalArgumentException(
          "dgrid.scheduler.market.spread: \"" + id + "\" is no model id", malformed);
    }
  }

  private static int checked(int spread) {
    if (spread < 1) {
      throw new IllegalArgumentException(
          "dgrid.scheduler.market.spread: at least 1, not " + spread);
    }
    return spread;
  }
}
