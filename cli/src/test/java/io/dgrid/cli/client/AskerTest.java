package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.INPUT_TOKENS;
import static io.dgrid.cli.client.Fixture.NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.common.v1.Failure;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AskerTest {
  private final Fixture fixture = new Fixture();
  private final FakeEdge one = new FakeEdge();
  private final FakeEdge two = new FakeEdge();
  private final List<EdgeClient> edges = List.of(one.client(), two.client());
  private final Asker asker = new Asker(edges);

  @AfterEach
  void close() {
    edges.forEach(EdgeClient::close);
    one.close();
    two.close();
  }

  @Test
  void answerIsPutTogetherAndPassesTheRules() {
    one.thenEvents(accepted(), chunk(0, 3, "Hel"), chunk(3, 3, "lo"), completed());
    Answer answer = asker.ask(fixture.asked, AnswerListener.NONE);
    assertThat(answer.text()).isEqualTo("Hello");
    assertThat(answer.tokenIds()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(answer.finish()).contains(FinishReason.STOP);
    assertThat(AnswerRules.violations(fixture.asked, answer, DOMAIN)).isEmpty();
  }

  @Test
  void brokenStreamIsResumedOnAnotherEdgeAtTheNextToken() {
    one.thenBreakAfter(accepted(), chunk(0, 3, "Hel"));
    two.thenEvents(accepted(), chunk(3, 3, "lo"), completed());
    StringBuilder heard = new StringBuilder();
    Answer answer =
        asker.ask(
            fixture.asked,
            new AnswerListener() {
              @Override
              public void onText(String text) {
                heard.append(text);
              }
            });
    assertThat(answer.text()).isEqualTo("Hello").isEqualTo(heard.toString());
    assertThat(one.calls).containsExactly("submit");
    assertThat(two.calls).containsExactly("resume 3");
  }

  @Test
  void streamThatEndsWithoutATerminalEventIsResumedToo() {
    one.thenEvents(accepted(), chunk(0, 3, "Hel"));
    two.thenEvents(accepted(), chunk(3, 3, "lo"), completed());
    assertThat(asker.ask(fixture.asked, AnswerListener.NONE).text()).isEqualTo("Hello");
  }

  @Test
  void edgeThatNeverAcceptedIsReplacedWithTheSameSignedRequest() {
    one.thenBreakAfter();
    two.thenEvents(accepted(), chunk(0, 6, "Hello"), completed());
    assertThat(asker.ask(fixture.asked, AnswerListener.NONE).text()).isEqualTo("Hello");
    assertThat(two.calls).containsExactly("submit");
  }

  @Test
  void noEdgeAtAllIsReportedAfterOneRound() {
    one.thenBreakAfter();
    two.thenBreakAfter();
    assertThatThrownBy(() -> asker.ask(fixture.asked, AnswerListener.NONE))
        .isInstanceOfSatisfying(
            DGridException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE);
              assertThat(e).hasMessageContaining("127.0.0.1");
            });
  }

  @Test
  void missingTokensAreAnErrorNotAnAnswer() {
    one.thenEvents(accepted(), chunk(0, 3, "Hel"), chunk(4, 2, "o"), completed());
    assertThatThrownBy(() -> asker.ask(fixture.asked, AnswerListener.NONE))
        .hasMessageContaining("position 4 where 3 is next");
  }

  @Test
  void failedJobKeepsItsReasonAndItsBill() {
    one.thenEvents(
        accepted(),
        event()
            .setFailed(
                Failed.newBuilder()
                    .setAmount("0")
                    .setFailure(
                        Failure.newBuilder()
                            .setCode(io.dgrid.proto.common.v1.ErrorCode.ERROR_CODE_NO_WORKER)
                            .setMessage("nobody came")))
            .build());
    Answer answer = asker.ask(fixture.asked, AnswerListener.NONE);
    assertThat(answer.failure())
        .get()
        .extracting(DGridException::code)
        .isEqualTo(ErrorCode.NO_WORKER);
    assertThat(answer.finish()).isEmpty();
  }

  @Test
  void cancelFromAnotherThreadReachesTheEdge() throws InterruptedException {
    one.thenHangAfter(accepted(), chunk(0, 3, "Hel"));
    CountDownLatch started = new CountDownLatch(1);
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    asker.ask(
                        fixture.asked,
                        new AnswerListener() {
                          @Override
                          public void onText(String text) {
                            started.countDown();
                          }
                        });
                  } catch (DGridException expected) {
                    // The edge goes away below.
                  }
                });
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    asker.cancel();
    assertThat(one.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    one.close();
    assertThat(waiting.join(java.time.Duration.ofSeconds(10))).isTrue();
  }

  private JobEvent.Builder event() {
    return JobEvent.newBuilder().setJobId(Wire.bytes(fixture.asked.jobId()));
  }

  private JobEvent accepted() {
    return event().setAccepted(Accepted.newBuilder().setInputTokens(INPUT_TOKENS)).build();
  }

  private JobEvent chunk(int first, int count, String text) {
    List<Integer> tokens = IntStream.range(first, first + count).boxed().toList();
    return event()
        .setChunk(
            Chunk.newBuilder()
                .setAttempt(1)
                .setFirstPosition(first)
                .addAllTokenIds(tokens)
                .addAllLogprobs(tokens)
                .setText(text))
        .build();
  }

  private JobEvent completed() {
    IssuedReceipt receipt = fixture.receipt(NODE, 1, 0, 6, FinishReason.STOP);
    return event()
        .setCompleted(
            Completed.newBuilder()
                .setFinishReason(FinishReason.STOP.code())
                .setAmount(receipt.receipt().statement().amount().toString())
                .addReceipts(ReceiptCodec.toWire(receipt)))
        .build();
  }
}
