package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.transport.codec.Wire;
import org.junit.jupiter.api.Test;

class JobStreamsTest {
  private static final int TOKENS = 81;

  @Test
  void readerThatHasEveryTokenGetsTheEndAsItWas() {
    JobRow row = finished();
    FakeReader reader = new FakeReader();

    JobStreams.closing(row).follow(reader, TOKENS);

    assertThat(reader.events)
        .extracting(JobEvent::getEventCase)
        .containsExactly(EventCase.ACCEPTED, EventCase.COMPLETED);
    assertThat(reader.events.getLast()).isEqualTo(Terminals.parse(row.terminal));
    assertThat(reader.completed).isTrue();
  }

  private static JobRow finished() {
    JobId job = new JobId(new Hash(1, 2, 3, 4));
    JobRow row = new JobRow();
    row.jobId = job.toString();
    row.state = JobPhase.SUCCEEDED;
    row.maxOutputTokens = 100;
    row.held = java.math.BigInteger.TEN;
    row.billedOutput = TOKENS;
    row.terminal =
        JobEvent.newBuilder()
            .setJobId(Wire.bytes(job))
            .setCompleted(
                Completed.newBuilder().setUsage(Usage.newBuilder().setOutputTokens(TOKENS)))
            .build()
            .toByteArray();
    return row;
  }
}
