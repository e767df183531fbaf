package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.SubmissionKey;

/** What the log's record of an accepted job says of its place. */
final class SubmittedRecords {
  private SubmittedRecords() {}

  /**
   * The key under which the record was written, if it ever was: a copy in another partition would
   * be run by another scheduler.
   */
  static byte[] key(JobRow row) {
    return SubmissionKey.of(ModelId.fromHex(row.modelId), shard(row));
  }

  private static int shard(JobRow row) {
    try {
      return row.record == null ? 0 : SubmittedJob.parseFrom(row.record).getShard();
    } catch (InvalidProtocolBufferException broken) {
      // Without a shard it was never anywhere else.
      return 0;
    }
  }
}
