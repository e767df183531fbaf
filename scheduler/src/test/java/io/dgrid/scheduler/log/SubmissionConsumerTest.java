package io.dgrid.scheduler.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.SubmissionHeader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class SubmissionConsumerTest {
  private static final byte[] NO_MESSAGE = {0x0a, (byte) 0xff, (byte) 0xff, 0x01};
  private static final byte[] JOB = new byte[32];

  static {
    JOB[0] = 7;
  }

  @Test
  void bytesThatAreNoJobAreTheJobOfTheirHeader() {
    assertThat(SubmissionConsumer.read(record(NO_MESSAGE, JOB)))
        .hasValue(SubmittedJob.newBuilder().setJobId(ByteString.copyFrom(JOB)).build());
    assertThat(SubmissionConsumer.read(record(null, JOB))).isPresent();
  }

  @Test
  void headerNeverChangesAJobThatCanBeRead() {
    SubmittedJob job = SubmittedJob.newBuilder().setAcceptedAt(5).build();
    assertThat(SubmissionConsumer.read(record(job.toByteArray(), JOB))).hasValue(job);
  }

  @Test
  void nobodysBytesAreSkipped() {
    assertThat(SubmissionConsumer.read(record(NO_MESSAGE, new byte[31]))).isEmpty();
    assertThat(
            SubmissionConsumer.read(
                new ConsumerRecord<>("dgrid.job.v1.submitted", 0, 0, new byte[0], NO_MESSAGE)))
        .isEmpty();
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value, byte[] job) {
    var record = new ConsumerRecord<>("dgrid.job.v1.submitted", 0, 0, new byte[0], value);
    record.headers().add(SubmissionHeader.JOB_ID, job);
    return record;
  }
}
