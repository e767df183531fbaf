package io.dgrid.transport.codec;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.placement.Placement;
import java.nio.ByteBuffer;

/**
 * The key of a record of {@code dgrid.job.v1.submitted}: the model id, and behind it the shard as
 * {@code u32} unless that is 0. It names the record's partition.
 */
public final class SubmissionKey {
  private static final int LONG = Hash.BYTES + Integer.BYTES;

  private SubmissionKey() {}

  public static byte[] of(ModelId model, int shard) {
    return shard == 0
        ? model.toBytes()
        : ByteBuffer.allocate(LONG).put(model.toBytes()).putInt(shard).array();
  }

  /**
   * @throws IllegalArgumentException for what is no such key
   */
  public static int partition(byte[] key, int partitions) {
    if (key.length != Hash.BYTES && key.length != LONG) {
      throw new IllegalArgumentException("a submission's key has 32 or 36 bytes");
    }
    ByteBuffer bytes = ByteBuffer.wrap(key);
    byte[] model = new byte[Hash.BYTES];
    bytes.get(model);
    int shard = bytes.hasRemaining() ? bytes.getInt() : 0;
    return new Placement(partitions).partition(ModelId.of(model), shard);
  }
}
