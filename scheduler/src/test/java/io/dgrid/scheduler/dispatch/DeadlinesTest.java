package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.transport.trace.JobTracer;
import org.junit.jupiter.api.Test;

class DeadlinesTest {
  private final Deadlines deadlines = new Deadlines();
  private final LiveJob first = job(1);
  private final LiveJob second = job(2);

  @Test
  void jobsComeOutOnceInTheOrderOfTheirMoments() {
    deadlines.set(first, 30);
    deadlines.set(second, 20);

    assertThat(deadlines.due(19)).isEmpty();
    assertThat(deadlines.due(30)).containsExactly(second, first);
    assertThat(deadlines.due(1_000)).isEmpty();
  }

  @Test
  void momentThatMovesKeepsOneEntryThatIsNeverLate() {
    deadlines.set(first, 50);
    deadlines.set(first, 90);
    deadlines.set(first, 40);

    assertThat(deadlines.size()).isOne();
    assertThat(deadlines.due(40)).containsExactly(first);
  }

  @Test
  void forgottenJobIsNotHeldAndTwoMayShareAMoment() {
    deadlines.set(first, 10);
    deadlines.set(second, 10);

    deadlines.forget(first);

    assertThat(deadlines.due(10)).containsExactly(second);
    assertThat(deadlines.size()).isZero();
  }

  private static LiveJob job(long sequence) {
    var submitted = Jobs.job("127.0.0.1:1", 1, 1);
    JobSpec spec = JobCodec.fromWire(submitted);
    return new LiveJob(
        submitted,
        spec,
        new JobTrace(JobTracer.off(), spec, ""),
        new JobState.Queued(Progress.start(spec, 1), 0),
        0,
        sequence,
        sequence);
  }
}
