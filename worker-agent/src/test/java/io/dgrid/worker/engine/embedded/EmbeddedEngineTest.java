package io.dgrid.worker.engine.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.core.tokenizer.ChatMessage;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.core.tokenizer.TokenizerJson;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.engine.FinishedGeneration;
import io.dgrid.worker.engine.GenerateRequest;
import io.dgrid.worker.engine.Prompt;
import io.dgrid.worker.engine.ScoreRequest;
import io.dgrid.worker.engine.ScoreResult;
import io.dgrid.worker.engine.TokenListener;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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

  @Test
  void scoringLooksOnlyAtTheTokensAfterThoseBefore() throws Exception {
    RecordingListener heard = story(FILTERED);
    int split = 37;
    int[] before = Arrays.copyOf(heard.ids(), split);
    int[] output = Arrays.copyOfRange(heard.ids(), split, heard.ids().length);

    ScoreResult scores =
        engine
            .score(new ScoreRequest(DemoModel.ask(DemoModel.STORY), before, output, FILTERED))
            .get(30, SECONDS);

    assertThat(scores.mismatches(output)).isZero();
    assertThat(scores.logprobs())
        .containsExactly(Arrays.copyOfRange(heard.logprobs(), split, heard.logprobs().length));
  }

  @Test
  void scoringTellsForgedTokensFromDrawnOnes() throws Exception {
    int[] honest = story(CREATIVE).ids();
    int[] forged = honest.clone();
    Arrays.fill(forged, 20, 60, 300);

    ScoreResult scores =
        engine
            .score(ScoreRequest.of(DemoModel.ask(DemoModel.STORY), forged, CREATIVE))
            .get(30, SECONDS);

    assertThat(scores.mismatches(forged)).isGreaterThanOrEqualTo(40);
    ScoreResult.SurprisalSums sums = scores.surprisal();
    assertThat((sums.value() - sums.expected()) / Math.sqrt(sums.variance())).isGreaterThan(6);
  }

  @Test
  void anotherWorkerContinuesAtEverySplitWithTheSameBytes() {
    SamplingParameters stopping = FILTERED.withStops(List.of("tokens and", "bakery"));
    for (SamplingParameters sampling : List.of(SamplingParameters.greedy(), FILTERED, stopping)) {
      GenerateRequest whole = GenerateRequest.of(DemoModel.ask(DemoModel.STORY), sampling, 90);
      // A listener per token remembers how many bytes were out after each.
      SplitListener first = new SplitListener();
      FinishReason reason = run(whole, first).reason();

      for (int split = 0; split <= first.ids().length; split++) {
        RecordingListener rest = new RecordingListener(split);
        FinishedGeneration finished;
        try (EmbeddedEngine other = DemoModel.share(engine)) {
          finished =
              other
                  .generate(whole.continuing(Arrays.copyOf(first.ids(), split)), rest)
                  .finished()
                  .orTimeout(30, SECONDS)
                  .join();
        }
        assertThat(finished.reason()).isEqualTo(reason);
        assertThat(finished.firstPosition()).isEqualTo(split);
        assertThat(rest.ids())
            .as("split %d of %s", split, sampling)
            .containsExactly(Arrays.copyOfRange(first.ids(), split, first.ids().length));
        assertThat(rest.logprobs())
            .containsExactly(Arrays.copyOfRange(first.logprobs(), split, first.ids().length));
        assertThat(first.textUntil(split) + rest.text()).isEqualTo(first.text());
      }
    }
  }

  @Test
  void seedsDecide() {
    int[] one = story(SamplingParameters.seeded(1, 1_000_000)).ids();
    int[] two = story(SamplingParameters.seeded(2, 1_000_000)).ids();

    assertThat(one).isNotEqualTo(two);
    assertThat(story(SamplingParameters.seeded(1, 1_000_000)).ids()).isEqualTo(one);
  }

  @Test
  void aStopStringEndsTheAnswerBeforeIt() {
    RecordingListener heard = new RecordingListener();
    SamplingParameters stopping =
        SamplingParameters.greedy().withStops(List.of("model it cl", "never seen"));

    FinishedGeneration finished =
        run(GenerateRequest.of(DemoModel.ask("What is Proof of Quality?"), stopping, 200), heard);

    assertThat(heard.text())
        .isEqualTo("Proof of Quality is the check that a worker really ran the ");
    assertThat(finished.reason()).isEqualTo(FinishReason.STOP);
    assertThat(finished.outputTokens()).isEqualTo(heard.ids().length).isLessThan(43);
  }

  @Test
  void theOutputLimitEndsTheAnswer() {
    RecordingListener heard = new RecordingListener();
    FinishedGeneration finished =
        run(
            GenerateRequest.of(
                DemoModel.ask("What is Proof of Quality?"), SamplingParameters.greedy(), 5),
            heard);

    assertThat(finished.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(heard.ids()).hasSize(5);
    assertThat(heard.text()).isEqualTo(engine.tokenizer().decode(heard.ids()));
  }

  @Test
  void theContextEndsTheAnswer() {
    int[] prompt = new int[509];
    Arrays.fill(prompt, 300);
    RecordingListener heard = new RecordingListener();
    FinishedGeneration finished =
        run(
            GenerateRequest.of(Prompt.tokens(prompt), SamplingParameters.seeded(1, 2_000_000), 200),
            heard);

    assertThat(finished.inputTokens()).isEqualTo(509);
    assertThat(finished.reason()).isEqualTo(FinishReason.LENGTH);
    assertThat(heard.ids()).hasSize(3);
  }

  @Test
  void requestsThatCannotBeServedAreRefusedAtOnce() {
    refuses(EngineError.PROMPT_TOO_LONG, Prompt.tokens(new int[512]));
    refuses(EngineError.UNKNOWN_TOKEN, Prompt.tokens(0, 1024));
    refuses(EngineError.UNKNOWN_TOKEN, Prompt.tokens(-1));
    refuses(EngineError.INVALID_PROMPT, Prompt.tokens());
    refuses(EngineError.INVALID_PROMPT, Prompt.chat());
    refuses(EngineError.INVALID_PROMPT, Prompt.chat(new ChatMessage("end", "Hi")));
    refuses(EngineError.INVALID_PROMPT, new Prompt.Text(""));
    GenerateRequest request =
        GenerateRequest.of(DemoModel.ask("Hi"), SamplingParameters.greedy(), 3);
    refuses(EngineError.PROMPT_TOO_LONG, request.continuing(1, 2, 3, 5));
    refuses(EngineError.UNKNOWN_TOKEN, request.continuing(5000));
    refuses(EngineError.INVALID_PROMPT, request.continuing(4, 5));
    assertThat(engine.activeRequests()).isZero();
  }

  @Test
  void manyAnswersAtOnceDisturbNoneOfThem() {
    int[] alone = story(CREATIVE).ids();
    try (EmbeddedEngine busy = DemoModel.open(3, 30)) {
      List<RecordingListener> heard = new ArrayList<>();
      List<CompletableFuture<?>> finished = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        RecordingListener listener = new RecordingListener();
        heard.add(listener);
        SamplingParameters sampling = SamplingParameters.seeded(i % 3 == 0 ? 42 : i, 1_000_000);
        finished.add(
            busy.generate(
                    GenerateRequest.of(DemoModel.ask(DemoModel.STORY), sampling, 200), listener)
                .finished());
      }
      CompletableFuture.allOf(finished.toArray(CompletableFuture[]::new))
          .orTimeout(60, SECONDS)
          .join();
      for (int i = 0; i < 12; i += 3) {
        assertThat(heard.get(i).ids()).isEqualTo(alone);
      }
    }
  }

  @Test
  void theTokenizerInTheFileIsTheOneInTheCatalogue() throws Exception {
    Tokenizer published = TokenizerJson.read(DemoModel.weights().resolveSibling("tokenizer.json"));
    Tokenizer inside = engine.tokenizer();

    assertThat(inside.vocabularySize()).isEqualTo(published.vocabularySize());
    for (int id = 0; id < inside.vocabularySize(); id++) {
      assertThat(inside.isControl(id)).as("token %d", id).isEqualTo(published.isControl(id));
      assertThat(inside.bytes(id)).isEqualTo(published.bytes(id));
    }
    String text = "How do receipts settle? <|end|> naïve 東京";
    assertThat(inside.encode(text)).isEqualTo(published.encode(text));
  }

  @Test
  void theModelIsTheOneInTheManifest() {
    CatalogueEntry demo =
        Catalogue.read(DemoModel.root().resolve("deploy/local/catalogue"))
            .find("dgrid/demo-1m")
            .orElseThrow();
    assertThat(Hash.fromHex(engine.model().weightsDigest().orElseThrow()))
        .isEqualTo(demo.manifest().weightsDigest());
    assertThat(engine.model().contextLength()).isEqualTo(demo.manifest().contextLength());
  }

  private static void refuses(EngineError error, Prompt prompt) {
    refuses(error, GenerateRequest.of(prompt, SamplingParameters.greedy(), 10));
    assertThatThrownBy(
            () -> engine.score(ScoreRequest.of(prompt, new int[] {5}, SamplingParameters.greedy())))
        .isInstanceOfSatisfying(EngineException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  private static void refuses(EngineError error, GenerateRequest request) {
    assertThatThrownBy(() -> engine.generate(request, new RecordingListener()))
        .isInstanceOfSatisfying(EngineException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  /** Also knows how much text was out after each token. */
  private static final class SplitListener extends RecordingListener {
    private final List<Integer> lengths = new ArrayList<>(List.of(0));

    @Override
    public synchronized void onTokens(int first, int[] ids, byte[] text, int[] logprobs) {
      super.onTokens(first, ids, text, logprobs);
      lengths.add(bytes().length);
    }

    synchronized String textUntil(int split) {
      return new String(bytes(), 0, lengths.get(split), StandardCharsets.UTF_8);
    }
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
