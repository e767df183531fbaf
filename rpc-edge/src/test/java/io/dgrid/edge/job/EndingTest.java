package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.job.Ending.Source;
import io.dgrid.proto.common.v1.ErrorCode;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.Usage;
import org.junit.jupiter.api.Test;

class EndingTest {
  private static final JobId JOB = new JobId(new Hash(1, 2, 3, 4));

  private final Ending ending = new Ending();

  @Test
  void endIsReachedWithItsLastToken() {
    assertThat(ending.isReached(100)).as("nothing is known of it").isFalse();

    assertThat(ending.learn(completed(5), 7, Source.LOG)).isTrue();

    assertThat(ending.isReached(6)).as("two tokens were delivered and not billed").isFalse();
    assertThat(ending.isReached(7)).isTrue();
  }

  @Test
  void firstEndCounts() {
    ending.learn(completed(5), 0, Source.RELAY);

    assertThat(ending.learn(completed(9), 0, Source.RELAY)).isFalse();
    assertThat(ending.isReached(5)).isTrue();
    assertThat(ending.claim()).contains(completed(5));
  }

  @Test
  void endIsCarriedOutOnce() {
    assertThat(ending.claim()).isEmpty();
    ending.learn(completed(5), 0, Source.RELAY);
    assertThat(ending.claim()).isPresent();
    assertThat(ending.claim()).isEmpty();
  }

  @Test
  void answerWithoutItsLastTokensIsNotCalledWholeButIsBilled() {
    assertThat(ending.told(JOB, completed(5), 5)).isEqualTo(completed(5));

    JobEvent told = ending.told(JOB, completed(5), 3);

    assertThat(told.getFailed().getState()).isEqualTo(JobState.JOB_STATE_FAILED);
    assertThat(told.getFailed().getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_UNAVAILABLE);
    assertThat(told.getFailed().getFailure().getMessage())
        .isEqualTo("the last 2 tokens of the answer were lost on their way");
    assertThat(told.getFailed().getAmount()).isEqualTo("12");
    assertThat(told.getFailed().getUsage().getOutputTokens()).isEqualTo(5);
  }

  @Test
  void laterSourceRaisesThePositionOfTheEnd() {
    ending.learn(completed(5), 0, Source.DATABASE);
    assertThat(ending.isReached(5)).isTrue();

    assertThat(ending.learn(completed(5), 7, Source.LOG)).isTrue();

    assertThat(ending.isReached(6)).isFalse();
    assertThat(ending.isReached(7)).isTrue();
    ending.learn(completed(5), 0, Source.RELAY);
    assertThat(ending.isReached(6)).as("who knows less lowers nothing").isFalse();
    assertThat(ending.told(JOB, completed(5), 6).getFailed().getFailure().getMessage())
        .isEqualTo("the last 1 tokens of the answer were lost on their way");
    assertThat(ending.told(JOB, completed(5), 7)).isEqualTo(completed(5));
  }

  @Test
  void failureKeepsItsCauseWhenOnlyUnbilledTokensAreMissing() {
    JobEvent expired =
        Terminals.failed(
            JOB,
            JobState.JOB_STATE_EXPIRED,
            new DGridException(io.dgrid.core.error.ErrorCode.DEADLINE_EXCEEDED, "too late"));
    ending.learn(expired, 7, Source.LOG);

    assertThat(ending.isReached(5)).as("they are waited for all the same").isFalse();
    assertThat(ending.told(JOB, expired, 5)).isEqualTo(expired);
  }

  private static JobEvent completed(int tokens) {
    return JobEvent.newBuilder()
        .setCompleted(
            Completed.newBuilder()
                .setUsage(Usage.newBuilder().setOutputTokens(tokens))
                .setAmount("12"))
        .build();
  }
}
