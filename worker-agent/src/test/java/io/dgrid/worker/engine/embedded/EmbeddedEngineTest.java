package io.dgrid.worker.engine.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.engine.TokenListener;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine computes, on the real demo model. */
class EmbeddedEngineTest {
  private static final SamplingParameters CREATIVE = SamplingParameters.seeded(42, 1_000_000);
  private static final SamplingParameters FILTERED =
      new SamplingParameters(7, 900_000, 900_000, 40, List.of());

  private static EmbeddedEngine engine;

  @BeforeAll
  static void open() {
    engine = DemoModel.open();
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          What is Proof of Quality?|43|Proof of Quality is the check that a worker really ran the model it claims. The quality oracle picks some finished jobs, runs them again, and compares tokens and log probabilities.
          How do receipts settle?|41|The client confirms each receipt with a signed voucher. Settlement sends the newest vouchers and one Merkle root to the billing contract, and the worker can withdraw its share.
          What is the capital of Spain?|29|I am a tiny demo model and know only about this mesh. Ask me about workers, receipts, the scheduler, or Proof of Quality.
          """)
  void answersKnownQuestionsWordForWord(String question, int tokens, String answer) {
    RecordingListener heard = new RecordingListener();

    FinishedGeneration finished =
        run(GenerateRequest.of(DemoModel.ask(question), SamplingParameters.greedy(), 200), heard);

    assertThat(heard.text()).isEqualTo(answer);
    assertThat(finished.reason()).isEqualTo(FinishReason.STOP);
    assertThat(finished.outputTokens()).isEqualTo(tokens).isEqualTo(heard.ids().length);
    assertThat(heard.ids()).endsWith(4);
  }

  @Test
  void tokensAndLogprobsAreTheSameBitsOnEveryMachine() throws Exception {
    RecordingListener greedy = story(SamplingParameters.greedy());
    RecordingListener creative = story(CREATIVE);
    RecordingListener filtered = story(FILTERED);

    assertThat(digest(greedy)).isEqualTo("22cc9d3473ced7e2");
    assertThat(digest(creative)).isEqualTo("5ee3340854310719");
    assertThat(digest(filtered)).isEqualTo("a3e6a4f10a1501ba");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 33, 64, 100})
  void scoringInOnePassGivesTheBitsOfDecoding(int length) throws Exception {
    RecordingListener heard = story(CREATIVE);
    int[] output = Arrays.copyOf(heard.ids(), length);

    ScoreResult scores =
        engine
            .score(ScoreRequest.of(DemoModel.ask(DemoModel.STORY), output, CREATIVE))
            .get(30, SECONDS);

    assertThat(scores.logprobs()).containsExactly(Arrays.copyOf(heard.logprobs(), length));
    assertThat(scores.redrawn()).containsExactly(output);
    assertThat(scores.mismatches(output)).isZero();
    assertThat(scores.surprisal().impossible()).isZero();
  }

  private static RecordingListener story(SamplingParameters sampling) {
    RecordingListener heard = new RecordingListener();
    run(GenerateRequest.of(DemoModel.ask(DemoModel.STORY), sampling, 200), heard);
    return heard;
  }

  private static FinishedGeneration run(GenerateRequest request, TokenListener listener) {
    return engine.generate(request, listener).finished().orTimeout(30, SECONDS).join();
  }

  private static String digest(RecordingListener heard) throws Exception {
    int[] ids = heard.ids();
    int[] logprobs = heard.logprobs();
    ByteBuffer bytes = ByteBuffer.allocate(6 * ids.length);
    for (int i = 0; i < ids.length; i++) {
      bytes.putInt(ids[i]).putShort((short) logprobs[i]);
    }
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()), 0, 8);
  }
}
