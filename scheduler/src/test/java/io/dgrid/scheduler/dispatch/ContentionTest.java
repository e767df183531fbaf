package io.dgrid.scheduler.dispatch;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an owner lets a worker's gateway know, so that owners of one model keep out of their way.
 */
class ContentionTest {
  private static final int PARTITION = 3;
  private static final int ELSEWHERE = 4;
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Owner owner = new Owner(new FakeLog());

  @BeforeEach
  void own() throws Exception {
    owner.own(PARTITION, new History());
    owner.caughtUp(PARTITION);
  }

  @AfterEach
  void close() {
    owner.close();
  }

  @Test
  void grantIsAnnouncedBeforeItsAssignment() {
    owner.submit(PARTITION, 0, job());

    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());
    assertThat(owner.said()).containsExactly("granting", "assigned");
    assertThat(owner.assignments().getFirst().getPartition()).isEqualTo(PARTITION);
  }

  @Test
  void ownerSaysThatItWaitsAndTakesItBackOnceTheWorkerHasStatedTheLastOfItsJobs() {
    SubmittedJob job = job();
    owner.state(0);
    owner.submit(PARTITION, 0, job);
    owner.state(0);
    waitUntil("waiting", SOON, () -> owner.said().contains("waiting"));

    owner.state(1);
    waitUntil("assignment", SOON, () -> !owner.assignments().isEmpty());
    owner.state(1);
    owner.state(0, running(job, PARTITION));
    waitUntil("no more", SOON, () -> owner.said().contains("not waiting"));

    // Not before: the slot was still kept for the assignment that was on its way.
    assertThat(owner.said()).containsExactly("waiting", "granting", "assigned", "not waiting");
  }

  @Test
  void jobThatPaysLessThanTheWorkerAsksDoesNotWaitForIt() {
    owner.state(0);
    owner.submit(PARTITION, 0, Jobs.job("127.0.0.1:1", 10, 9));
    owner.state(0);
    owner.submit(PARTITION, 1, job());
    owner.state(0);

    waitUntil("waiting", SOON, () -> owner.said().contains("waiting"));
    assertThat(owner.said()).containsExactly("waiting");
  }

  @Test
  void attemptIsVoidOnlyWhereItsPartitionIsKnownToTheLastJob() {
    owner.state(1, running(job(), ELSEWHERE));
    owner.state(1, running(job(), PARTITION));

    waitUntil("cancel", SOON, () -> owner.told().stream().anyMatch(m -> m.hasCancel()));
    assertThat(owner.told()).filteredOn(message -> message.hasCancel()).hasSize(1);
  }

  private static WorkerReport.Running running(SubmittedJob job, int partition) {
    return new WorkerReport.Running(
        Wire.jobId(job.getJobId()), Jobs.MODEL, 1, OptionalInt.of(partition));
  }

  private static SubmittedJob job() {
    return Jobs.job("127.0.0.1:1", 10, 1_000);
  }
}
