package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
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

    assertThat(ending.learn(completed(5), 7)).isTrue();

    assertThat(ending.isReached(6)).as("two tokens were delivered and not billed").isFalse();
    assertThat(ending.isReached(7)).isTrue();
  }

  @Test
  void firstEndCounts() {
    ending.learn(completed(5), 0);

    assertThat(ending.learn(completed(9), 0)).isFalse();
    assertThat(ending.isReached(5)).isTrue();
    assertThat(ending.claim()).contains(completed(5));
  }

  @Test
  void endIsCarriedOutOnce() {
    assertThat(ending.claim()).isEmpty();
    ending.learn(completed(5), 0);
    assertThat(ending.claim()).isPresent();
    assertThat(ending.claim()).isEmpty();
  }

  @Test
  void answerWithoutItsLastTokensIsNotCalledWholeButIsBilled() {
    assertThat(Ending.told(JOB, completed(5), 5)).isEqualTo(completed(5));

    JobEvent told = Ending.told(JOB, completed(5), 3);

    assertThat(told.getFailed().getState()).isEqualTo(JobState.JOB_STATE_FAILED);
    assertThat(told.getFailed().getFailure().getCode()).isEqualTo(ErrorCode.ERROR_CODE_UNAVAILABLE);
    assertThat(told.getFailed().getFailure().getMessage())
        .isEqualTo("the last 2 tokens of the answer were lost on their way");
    assertThat(told.getFailed().getAmount()).isEqualTo("12");
    assertThat(told.getFailed().getUsage().getOutputTokens()).isEqualTo(5);
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
