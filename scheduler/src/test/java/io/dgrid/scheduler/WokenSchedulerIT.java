package io.dgrid.scheduler;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.JobId;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.fixture.FakeEdge;
import io.dgrid.scheduler.fixture.FakeWorker;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.fixture.SchedulerProcess;
import io.dgrid.scheduler.fixture.TestLog;
import io.dgrid.transport.codec.Wire;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A scheduler that is suspended until another has taken over, and then wakes up. */
class WokenSchedulerIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Map<String, String> SETTINGS =
      Map.of("dgrid.scheduler.attempts.adoption", "2s");

  @Test
  void itsWorkerIsNotBelievedAndTheJobEndsOnceByTheHeir() throws Exception {
    try (LocalBroker broker = LocalBroker.start();
        TestLog log = new TestLog(broker.bootstrapServers());
        FakeEdge edge = new FakeEdge(256);
        SchedulerProcess old = new SchedulerProcess(broker.bootstrapServers(), SETTINGS).start();
        SchedulerProcess heir = new SchedulerProcess(broker.bootstrapServers(), SETTINGS)) {
      waitUntil("old is ready", SOON, old::isReady, () -> logOf(old));
      FakeWorker oldWorker = worker(old, "of-old").pauseAt(5);
      JobId job = log.submit(Jobs.job(edge.address(), 12, 1_000));
      waitUntil("five tokens", SOON, () -> edge.tokens(job).size() == 5, () -> logOf(old));

      old.suspend();
      heir.start();
      waitUntil("heir is ready", SOON, heir::isReady, () -> logOf(heir));
      FakeWorker heirWorker = worker(heir, "of-heir").pauseAt(8);
      waitUntil("eight tokens", SOON, () -> edge.tokens(job).size() == 8, () -> logOf(heir));
      oldWorker.goOn();
      old.resume();
      waitUntil("old gave up", SOON, () -> gaveUp(old), () -> logOf(old));
      heirWorker.goOn();

      waitUntil("end", SOON, () -> edge.hasEnded(job), () -> logOf(heir));
      assertThat(log.transitions(job))
          .extracting(JobTransition::getTransitionCase)
          .containsExactly(
              JobTransition.TransitionCase.GRANTED,
              JobTransition.TransitionCase.ENDED,
              JobTransition.TransitionCase.GRANTED,
              JobTransition.TransitionCase.COMPLETED);
      assertThat(log.receipts(job))
          .singleElement()
          .satisfies(
              receipt ->
                  assertThat(receipt.getReceipt().getNode())
                      .isEqualTo(Wire.bytes(heirWorker.node())));
      assertThat(edge.ends(job)).isOne();
      assertThat(oldWorker.heard).noneMatch(SessionResponse::hasAck);
      oldWorker.close();
      heirWorker.close();
    }
  }

  /** By the log, by the group, or by both: which of them speaks first is a race. */
  private static boolean gaveUp(SchedulerProcess process) {
    String log = logOf(process);
    return log.contains("another scheduler's now") || log.contains("lost partitions");
  }

  private static FakeWorker worker(SchedulerProcess scheduler, String name) {
    FakeWorker worker = new FakeWorker(scheduler.address(), name, Jobs.MODEL, 100).start();
    waitUntil(
        "session of " + name,
        SOON,
        () -> worker.heard.stream().anyMatch(SessionResponse::hasRenewal),
        () -> worker.ends.toString());
    return worker;
  }

  private static String logOf(SchedulerProcess process) {
    try {
      return process.log();
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }
}
