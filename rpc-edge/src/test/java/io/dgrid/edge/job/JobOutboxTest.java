package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.edge.TestConfig;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of jobs of which the log is not known to have heard. */
class JobOutboxTest {
  private static final JobId JOB = new JobId(new Hash(1, 2, 3, 4));
  private static final ModelId MODEL = new ModelId(new Hash(5, 6, 7, 8));
  private static final long DEADLINE = 100_000;

  private final Address client = SigningKey.random().address();
  private final FakeJobRepository jobs = new FakeJobRepository();
  private final FakeSubmittedPublisher log = new FakeSubmittedPublisher();
  private long now = 50_000;
  private final JobOutbox outbox =
      new JobOutbox(jobs, log, () -> Instant.ofEpochMilli(now), TestConfig.defaults());
  private final JobRow row = new JobRow();

  @BeforeEach
  void acceptedJob() {
    row.jobId = JOB.toString();
    row.client = client.toString();
    row.modelId = MODEL.toString();
    row.deadline = DEADLINE;
    row.record = SubmittedJob.newBuilder().setJobId(Wire.bytes(JOB)).build().toByteArray();
    jobs.row = row;
  }

  @Test
  void whatACrashLeftIsSentAgain() {
    run(outbox.sweep());

    assertThat(log.log)
        .singleElement()
        .satisfies(sent -> assertThat(sent.getWithdrawn()).isFalse());
    assertThat(row.state).isEqualTo(JobPhase.QUEUED);
  }

  @Test
  void refusedJobIsNeverSentAgainAndTheLogHearsThatItIsWithdrawn() {
    log.answers = false;
    run(outbox.withdraw(JOB));
    run(outbox.sweep());
    run(outbox.tellWithdrawn());
    assertThat(row.state).as("the log is still away").isEqualTo(JobPhase.WITHDRAWN);

    log.answers = true;
    run(outbox.sweep());
    run(outbox.tellWithdrawn());
    run(outbox.tellWithdrawn());

    assertThat(log.log).containsExactly(Withdrawal.of(row));
    assertThat(row.state).isEqualTo(JobPhase.QUEUED);
    assertThat(jobs.booked).as("only the log ends it").isEmpty();
  }

  @Test
  void withdrawalNamesJobClientAndModel() {
    SubmittedJob withdrawal = Withdrawal.of(row);

    assertThat(withdrawal.getWithdrawn()).isTrue();
    assertThat(Wire.jobId(withdrawal.getJobId())).isEqualTo(JOB);
    assertThat(withdrawal.getRequest().getRequest().getClient()).isEqualTo(Wire.bytes(client));
    assertThat(withdrawal.getRequest().getRequest().getModelId()).isEqualTo(Wire.bytes(MODEL));
  }

  @Test
  void withdrawalWhoseMarkWasLostIsTold() {
    row.state = JobPhase.WITHDRAWN;
    jobs.closed = true;
    run(outbox.tellWithdrawn());
    jobs.closed = false;
    run(outbox.tellWithdrawn());

    assertThat(log.log).as("twice is once").hasSize(2);
    assertThat(row.state).isEqualTo(JobPhase.QUEUED);
  }

  @Test
  void refusalIsRememberedWhileTheDatabaseIsAwayToo() {
    jobs.closed = true;
    run(outbox.withdraw(JOB));
    run(outbox.mark());
    assertThat(row.state).isEqualTo(JobPhase.PENDING);

    jobs.closed = false;
    run(outbox.mark());

    assertThat(row.state).isEqualTo(JobPhase.WITHDRAWN);
  }

  @Test
  void jobThatIsTooLateForTheLogIsWithdrawnNotEnded() {
    now = DEADLINE + 1;

    run(outbox.sweep());
    run(outbox.tellWithdrawn());

    assertThat(log.log).containsExactly(Withdrawal.of(row));
    assertThat(jobs.booked).isEmpty();
  }

  private static void run(Uni<Void> work) {
    work.await().atMost(Duration.ofSeconds(5));
  }
}
