package io.dgrid.core.placement;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which partition of {@code dgrid.job.v1.submitted} a job belongs to. A model's jobs are spread
 * over as many partitions as its <i>spread</i>, one next to the other; the <i>shard</i> of a job
 * counts them from the model's first. With spread 1 that is the partition which Kafka's producers
 * choose for the model id as key.
 *
 * @param partitions of the topic
 */
public record Placement(int partitions) {
  private static final int MURMUR_SEED = 0x9747b28c;
  private static final int MURMUR_FACTOR = 0x5bd1e995;

  public Placement {
    if (partitions < 1) {
      throw new IllegalArgumentException("a topic has partitions, not " + partitions);
    }
  }

  /** The shard of a job among as many as the spread. */
  public static int shard(JobId job, int spread) {
    return spread <= 1
        ? 0
        : Integer.remainderUnsigned(ByteBuffer.wrap(job.toBytes()).getInt(), spread);
  }

  public int partition(ModelId model, int shard) {
    return (int) ((first(model) + Integer.toUnsignedLong(shard)) % partitions);
  }

  /** Every partition that jobs of the model may be in; all there are at most. */
  public Set<Integer> partitions(ModelId model, int spread) {
    Set<Integer> all = new TreeSet<>();
    for (int shard = 0; shard < Math.clamp(spread, 1, partitions); shard++) {
      all.add(partition(model, shard));
    }
    return all;
  }

  private int first(ModelId model) {
    return (murmur2(model.toBytes()) & Integer.MAX_VALUE) % partitions;
  }

  /** As Kafka's producers hash a key of 32 bytes (A. Appleby, MurmurHash 2). */
  private static int murmur2(byte[] id) {
    int hash = MURMUR_SEED ^ id.length;
    for (int at = 0; at < id.length; at += Integer.BYTES) {
      int word = Integer.reverseBytes(ByteBuffer.wrap(id, at, Integer.BYTES).getInt());
      word *= MURMUR_FACTOR;
      word ^= word >>> 24;
      word *= MURMUR_FACTOR;
      hash *= MURMUR_FACTOR;
      hash ^= word;
    }
    hash ^= hash >>> 13;
    hash *= MURMUR_FACTOR;
    return hash ^ (hash >>> 15);
  }
}
