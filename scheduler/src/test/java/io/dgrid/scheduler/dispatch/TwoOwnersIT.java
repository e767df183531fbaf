package io.dgrid.scheduler.dispatch;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.fixture.TestLog;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two dispatchers that both believe they own a partition, on one real log. */
class TwoOwnersIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static LocalBroker broker;
  private static TestLog log;
  private static int partitions;

  private final int partition = partitions++;
  private final List<Owner> owners = new ArrayList<>();

  /** In few letters, so that a failure can be read. */
  private record Granted(String job, int attempt, String node) {
    private static Granted of(ByteString job, int attempt, ByteString node) {
      return new Granted(
          Wire.jobId(job).toString(), attempt, Wire.address(node, "node").toString());
    }
  }

  @BeforeAll
  static void startBroker() {
    broker = LocalBroker.start();
    log = new TestLog(broker.bootstrapServers());
  }

  @AfterAll
  static void stopBroker() {
    log.close();
    broker.close();
  }

  @AfterEach
  void closeOwners() {
    owners.forEach(Owner::close);
  }

  @Test
  void jobThatBothGrantIsAssignedByOneOnly() throws Exception {
    Owner old = owner();
    old.takeOver(partition);
    Owner heir = owner();
    heir.takeOver(partition);
    SubmittedJob job = job();

    // The older one is asked first, and has no reason to doubt.
    old.submit(partition, 0, job);
    waitUntil("the older one is refused", SOON, old::hasLost);
    heir.submit(partition, 0, job);
    waitUntil("assignment", SOON, () -> !heir.assignments().isEmpty());

    assertThat(old.assignments()).isEmpty();
    assertThat(old.jobs()).isZero();
    assertThat(grants(Set.of(job.getJobId())))
        .containsExactly(Granted.of(job.getJobId(), 1, Wire.bytes(heir.node().address())));
  }

  @Test
  void takeOverInTheMiddleOfManyGrantsLeavesOneHistory() throws Exception {
    List<SubmittedJob> jobs = IntStream.range(0, 400).mapToObj(i -> job()).toList();
    Owner old = owner();
    old.takeOver(partition);
    Owner heir = owner();
    Thread feeding = Thread.ofVirtual().start(() -> feed(old, jobs));
    waitUntil("some are assigned", SOON, () -> old.assignments().size() > 20);

    heir.takeOver(partition);
    feed(heir, jobs);
    feeding.join();

    Set<ByteString> ids = jobs.stream().map(SubmittedJob::getJobId).collect(Collectors.toSet());
    waitUntil(
        "every job has an assignment",
        SOON,
        () -> assigned(old, heir).map(Assignment::getJobId).collect(Collectors.toSet()).equals(ids),
        () -> assigned(old, heir).count() + " of " + ids.size());
    assertThat(old.hasLost()).isTrue();
    // One history: no attempt is given twice, and nobody was told to run what is not in it.
    List<Granted> byOld = told(old);
    List<Granted> byHeir = told(heir);
    List<Granted> history = grants(ids);
    assertThat(history.stream().map(g -> g.job() + "/" + g.attempt())).doesNotHaveDuplicates();
    assertThat(history).containsAll(byOld).containsAll(byHeir);
    assertThat(byOld).doesNotHaveDuplicates().doesNotContainAnyElementsOf(byHeir);
    assertThat(byHeir).isNotEmpty().doesNotHaveDuplicates();
  }

  /** Slowly enough that the take-over falls into the middle. */
  private void feed(Owner owner, List<SubmittedJob> jobs) {
    for (int i = 0; i < jobs.size(); i++) {
      owner.submit(partition, i, jobs.get(i));
      if (i % 4 == 0) {
        LockSupport.parkNanos(2_000_000);
      }
    }
  }

  private static Stream<Assignment> assigned(Owner... owners) {
    return Stream.of(owners).flatMap(owner -> owner.assignments().stream());
  }

  private static List<Granted> told(Owner owner) {
    return owner.assignments().stream()
        .map(a -> Granted.of(a.getJobId(), a.getAttempt(), Wire.bytes(owner.node().address())))
        .toList();
  }

  private List<Granted> grants(Set<ByteString> jobs) throws Exception {
    List<Granted> grants = new ArrayList<>();
    for (var record : log.records("dgrid.job.v1.events")) {
      JobTransition transition = JobTransition.parseFrom(record.value());
      if (transition.hasGranted() && jobs.contains(transition.getJobId())) {
        grants.add(
            Granted.of(
                transition.getJobId(),
                transition.getGranted().getAttempt(),
                transition.getGranted().getOffer().getOffer().getNode()));
      }
    }
    return grants;
  }

  private Owner owner() {
    Owner owner = new Owner(broker.bootstrapServers());
    owners.add(owner);
    return owner;
  }

  private static SubmittedJob job() {
    return Jobs.job("127.0.0.1:1", 10, 1_000);
  }
}
