package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.trace.JobSpan;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/** A log that takes everything at once, while it answers. */
final class FakeSubmittedPublisher extends SubmittedPublisher {
  final List<SubmittedJob> log = new ArrayList<>();
  boolean answers = true;

  FakeSubmittedPublisher() {
    super(null, null);
  }

  @Override
  Uni<Void> publish(JobId job, byte[] modelId, byte[] record, JobSpan cause) {
    return Uni.createFrom()
        .deferred(
            () -> {
              if (!answers) {
                throw new DGridException(ErrorCode.UNAVAILABLE, "the job log does not answer");
              }
              log.add(parse(record));
              return Uni.createFrom().voidItem();
            });
  }

  private static SubmittedJob parse(byte[] record) {
    try {
      return SubmittedJob.parseFrom(record);
    } catch (InvalidProtocolBufferException broken) {
      throw new AssertionError(broken);
    }
  }
}
