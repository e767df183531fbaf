package io.dgrid.edge.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.Price;
import io.dgrid.edge.TestNetwork;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestParserTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  private final RequestParser parser =
      new RequestParser(TestNetwork.catalogue(), Price.of(9), () -> 42);

  @Test
  void defaults() {
    OpenAiRequest request = chat("");
    assertThat(request.sampling().seed()).isEqualTo(42);
    assertThat(request.sampling().temperatureMicros()).isEqualTo(1_000_000);
    assertThat(request.sampling().topPMicros()).isEqualTo(1_000_000);
    assertThat(request.sampling().topK()).isZero();
    assertThat(request.sampling().stops()).isEmpty();
    assertThat(request.maxTokens()).isZero();
    assertThat(request.stream()).isFalse();
    assertThat(request.maxPrice()).isEqualTo(Price.of(9));
    assertThat(request.hedgeAfter()).isZero();
  }

  @Test
  void everythingSet() {
    OpenAiRequest request =
        chat(
            """
            ,"seed":7,"temperature":0.25,"top_p":0.9,"top_k":40,"max_completion_tokens":12,
            "stop":["a","b"],"stream":true,"stream_options":{"include_usage":true},
            "logprobs":true,"top_logprobs":3,"n":1,"user":"me","max_price":"77",
            "presence_penalty":0,"frequency_penalty":0.0,"hedge_after_ms":250
            """);
    assertThat(request.sampling().seed()).isEqualTo(7);
    assertThat(request.sampling().temperatureMicros()).isEqualTo(250_000);
    assertThat(request.sampling().topPMicros()).isEqualTo(900_000);
    assertThat(request.sampling().topK()).isEqualTo(40);
    assertThat(request.sampling().stops()).containsExactly("a", "b");
    assertThat(request.maxTokens()).isEqualTo(12);
    assertThat(request.stream()).isTrue();
    assertThat(request.includeUsage()).isTrue();
    assertThat(request.logprobs()).isTrue();
    assertThat(request.topLogprobs()).isTrue();
    assertThat(request.maxPrice()).isEqualTo(Price.of(77));
    assertThat(request.hedgeAfter()).isEqualTo(Duration.ofMillis(250));
  }

  @Test
  void hedgeIsAskedForByNoOrByItsTime() {
    assertThat(chat(",\"hedge_after_ms\":null").hedgeAfter()).isZero();
    assertThat(chat(",\"hedge_after_ms\":0").hedgeAfter()).isZero();
    assertThat(chat(",\"hedge_after_ms\":50").hedgeAfter()).isEqualTo(Duration.ofMillis(50));
    assertThat(chat(",\"hedge_after_ms\":60000").hedgeAfter()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void developerIsSystemAndTextPartsAreJoined() {
    OpenAiRequest request =
        parse(
            """
            {"model":"dgrid/demo-1m","messages":[{"role":"developer","content":[
              {"type":"text","text":"a"},{"type":"text","text":"b"}]},
              {"role":"user","content":"c"}]}
            """,
            true);
    var messages = request.prompt().getChat().getMessagesList();
    assertThat(messages.getFirst().getRole()).isEqualTo("system");
    assertThat(messages.getFirst().getContent()).isEqualTo("ab");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "temprature|,\"temprature\":1",
        "temperature|,\"temperature\":2.5",
        "temperature|,\"temperature\":\"1\"",
        "top_p|,\"top_p\":0",
        "top_k|,\"top_k\":-1",
        "max_tokens|,\"max_tokens\":0",
        "max_tokens|,\"max_tokens\":1.5",
        "max_tokens|,\"max_tokens\":1,\"max_completion_tokens\":2",
        "seed|,\"seed\":\"x\"",
        "seed|,\"seed\":1.5",
        "seed|,\"seed\":99999999999999999999",
        "stop|,\"stop\":7",
        "stop|,\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]",
        "stop|,\"stop\":\"\"",
        "stream|,\"stream\":\"yes\"",
        "stream_options|,\"stream_options\":{\"include_usage\":true}",
        "top_logprobs|,\"top_logprobs\":2",
        "top_logprobs|,\"logprobs\":true,\"top_logprobs\":21",
        "max_price|,\"max_price\":\"1.5\"",
        "hedge_after_ms|,\"hedge_after_ms\":49",
        "hedge_after_ms|,\"hedge_after_ms\":60001",
        "hedge_after_ms|,\"hedge_after_ms\":-1",
        "hedge_after_ms|,\"hedge_after_ms\":100.5",
        "hedge_after_ms|,\"hedge_after_ms\":\"100\"",
      })
  void badFieldIsNamed(String param, String extra) {
    refuses(ErrorCode.INVALID_REQUEST, param, extra);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"n|,\"n\":2", "presence_penalty|,\"presence_penalty\":0.5"})
  void unsupportedIsSaid(String param, String extra) {
    refuses(ErrorCode.UNSUPPORTED, param, extra);
  }

  @Test
  void malformedBodies() {
    for (String body : new String[] {"", "{", "[]", "nul", "{\"model\":1,\"model\":2}", "{} {}"}) {
      assertThatThrownBy(() -> parse(body, true))
          .as(body)
          .isInstanceOfSatisfying(
              DGridException.class,
              failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
    }
  }

  @Test
  void unknownModel() {
    assertThatThrownBy(() -> parse("{\"model\":\"gpt-4\"," + MESSAGES + "}", true))
        .isInstanceOfSatisfying(
            DGridException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNKNOWN_MODEL));
  }

  @Test
  void chatFieldsAreUnknownToTheOtherEndpoint() {
    assertThatThrownBy(() -> parse("{\"model\":\"dgrid/demo-1m\"," + MESSAGES + "}", false))
        .hasMessageContaining("messages");
  }

  private OpenAiRequest chat(String extra) {
    return parse("{\"model\":\"dgrid/demo-1m\"," + MESSAGES + extra + "}", true);
  }

  private OpenAiRequest parse(String body, boolean chat) {
    return parser.parse(body.getBytes(StandardCharsets.UTF_8), chat);
  }

  private void refuses(ErrorCode code, String param, String extra) {
    assertThatThrownBy(() -> chat(extra))
        .isInstanceOfSatisfying(
            DGridException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure.metadata()).containsEntry(OpenAiErrors.PARAM, param);
            });
  }
}
