package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.OtherEdge;
import io.dgrid.acceptance.dsl.PendingAnswer;
import io.dgrid.proto.job.v1.JobEvent;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Promise: an answer goes on at another edge than the one that took the question. */
@Acceptance
class ResumeElsewhereIT {
  private static final Ask LONG_STORY =
      question("Tell me a long story about a robot and a fox.")
          .withSeed(3)
          .atTemperature(1)
          .ofAtMost(400);

  private final Network network;
  private final Client client;

  ResumeElsewhereIT(Network network) {
    this.network = network;
    client = network.client();
  }

  @BeforeEach
  void settle() {
    client.settles();
  }

  @Test
  void edgeThatDiesInTheMiddleCostsNeitherTokenNorMoney() {
    goesOnElsewhere(network.firstEdge()::dies);
  }

  @Test
  void edgeThatLeavesInTheMiddleCostsNeitherTokenNorMoney() {
    goesOnElsewhere(network.firstEdge()::leaves);
  }

  /** Gaps and duplicates of positions fail the client itself; the rest is compared here. */
  private void goesOnElsewhere(Runnable end) {
    Answer undisturbed = client.asks(LONG_STORY);
    try (OtherEdge other = network.anotherEdge()) {
      Client steadfast = client.alsoAt(other);
      BigInteger before = steadfast.charged();
      PendingAnswer pending = steadfast.startsToAsk(LONG_STORY, end);

      Answer answer = pending.answer();

      assertThat(answer.failure()).isEmpty();
      assertThat(answer.text()).isEqualTo(undisturbed.text());
      assertThat(answer.tokenIds()).isEqualTo(undisturbed.tokenIds());
      assertThat(answer.receipts()).hasSize(1);
      assertThat(steadfast.charged().subtract(before)).isEqualTo(answer.amount());
      steadfast.settles();
      assertThat(steadfast.booksAddUp()).isTrue();
    }
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void endOfAJobIsToldAtEveryEdge() {
    Answer answer = client.asks(LONG_STORY);
    try (OtherEdge other = network.anotherEdge()) {
      List<JobEvent> end = other.resumes(answer.jobId(), answer.tokens());
      assertThat(end).hasSize(2);
      assertThat(end.getFirst().hasAccepted()).isTrue();
      assertThat(end.getLast().getCompleted().getAmount()).isEqualTo(answer.amount().toString());

      StringBuilder text = new StringBuilder();
      List<JobEvent> whole = other.resumes(answer.jobId(), 0);
      whole.forEach(event -> text.append(event.getChunk().getText()));
      assertThat(text).hasToString(answer.text());
      assertThat(whole.getLast()).isEqualTo(end.getLast());
      assertThat(client.booksAddUp()).isTrue();
    }
  }
}
