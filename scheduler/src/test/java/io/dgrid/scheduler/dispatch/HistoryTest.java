package io.dgrid.scheduler.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.fixture.Jobs;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.Effect;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.WorkerId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an heir makes of a race that its predecessor saw. */
class HistoryTest {
  private final JobSpec spec = JobCodec.fromWire(Jobs.job("127.0.0.1:1", 10, 100));
  private final SigningKey node = SigningKey.random();
  private final History history = new History();

  @Test
  void winnerOfARaceIsAdoptedThoughItsNumberIsNotTheHighest() {
    granted(1);
    granted(2);
    ended(2, Effect.Ended.How.OVERTAKEN);

    JobState.Assigned restored = (JobState.Assigned) restore();

    assertThat(restored.attempt().number()).isOne();
    assertThat(restored.progress().highestAttempt()).isEqualTo(2);
    assertThat(restored.progress().fruitless()).isZero();
    assertThat(restored.progress().hedged()).isTrue();
  }

  @Test
  void heirCountsAWorkerThatARaceCost() {
    granted(1);
    granted(2);
    ended(1, Effect.Ended.How.LOST_IN_RACE);

    JobState.Assigned restored = (JobState.Assigned) restore();

    assertThat(restored.attempt().number()).isEqualTo(2);
    assertThat(restored.progress().lost()).isOne();
    assertThat(restored.progress().fruitless()).isZero();
    assertThat(restored.progress().hedged()).isTrue();
  }

  @Test
  void ofTwoThatStillRaceTheEarlierIsAdopted() {
    granted(1);
    granted(2);

    assertThat(((JobState.Assigned) restore()).attempt().number()).isOne();
  }

  @Test
  void failedAttemptIsNotAdopted() {
    granted(1);
    ended(1, Effect.Ended.How.ORDINARY);

    assertThat(restore()).isInstanceOf(JobState.Queued.class);
  }

  private JobState restore() {
    return history.restore(spec, 64, 0, 0);
  }

  private void granted(int number) {
    Signed<Offer> offer =
        Signed.by(
            node,
            Jobs.DOMAIN,
            new Offer(node.address(), Jobs.MODEL, Price.of(1), Price.of(1), 1, 1_000_000));
    Attempt attempt = Attempt.recovered(number, new WorkerId(node.address(), ""), offer, 0, 0);
    history.add(JobCodec.granted(spec, attempt, 0));
  }

  private void ended(int number, Effect.Ended.How how) {
    DGridException why = new DGridException(ErrorCode.CANCELLED, "over");
    history.add(
        JobCodec.ended(
            spec,
            new Effect.Ended(number, node.address(), why, Optional.empty(), List.of(), how),
            0));
  }
}
