package io.dgrid.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Node;
import org.junit.jupiter.api.Test;

/** Promise: the official OpenAI SDK works unchanged. */
@Acceptance
class OpenAiSdkIT {
  private final Network network;

  OpenAiSdkIT(Network network) {
    this.network = network;
  }

  @Test
  void answersTheOfficialSdk() {
    String missing = Node.missing();
    if (!missing.isEmpty()) {
      System.err.println("SKIPPED: the OpenAI SDK was NOT tested, there is no " + missing);
    }
    assumeTrue(missing.isEmpty(), missing);

    JsonNode got =
        Node.runs(
            "openai-sdk.mjs",
            network.describe().edges().getFirst().http() + "/v1",
            network.apiKey(),
            network.modelName());

    assertPlain(got.path("plain"));
    assertStreamed(got.path("streamed"), got.path("plain"));
    assertCompletion(got.path("completion"));
    assertThat(got.path("models")).extracting(JsonNode::asText).contains(network.modelName());
    assertError(got.path("badKey"), "AuthenticationError", 401, "INVALID_API_KEY");
    assertError(got.path("badModel"), "NotFoundError", 404, "UNKNOWN_MODEL");
  }

  private void assertPlain(JsonNode plain) {
    assertThat(plain.path("object").asText()).isEqualTo("chat.completion");
    assertThat(plain.path("model").asText()).isEqualTo(network.modelName());
    assertThat(plain.at("/choices/0/message/role").asText()).isEqualTo("assistant");
    assertThat(plain.at("/choices/0/message/content").asText()).isNotBlank();
    assertThat(plain.at("/choices/0/finish_reason").asText()).isIn("stop", "length");
    int tokens = plain.at("/usage/completion_tokens").asInt();
    assertThat(tokens).isBetween(1, 48);
    assertThat(plain.at("/usage/total_tokens").asInt())
        .isEqualTo(tokens + plain.at("/usage/prompt_tokens").asInt());
    assertThat(plain.at("/choices/0/logprobs/content"))
        .hasSize(tokens)
        .allMatch(token -> token.path("logprob").asDouble() <= 0);
  }

  /** The same seed: a stream says the same as a whole answer. */
  private static void assertStreamed(JsonNode streamed, JsonNode plain) {
    assertThat(streamed.path("text")).isEqualTo(plain.at("/choices/0/message/content"));
    assertThat(streamed.path("finish")).isEqualTo(plain.at("/choices/0/finish_reason"));
    assertThat(streamed.path("usage")).isEqualTo(plain.path("usage"));
    assertThat(streamed.path("chunks").asInt()).isGreaterThan(3);
  }

  private static void assertCompletion(JsonNode completion) {
    assertThat(completion.path("object").asText()).isEqualTo("text_completion");
    assertThat(completion.at("/choices/0/text").asText()).isNotBlank();
    int tokens = completion.at("/usage/completion_tokens").asInt();
    assertThat(completion.at("/choices/0/logprobs/token_logprobs")).hasSize(tokens);
  }

  private static void assertError(JsonNode error, String type, int status, String code) {
    assertThat(error.path("class").asText()).isEqualTo(type);
    assertThat(error.path("status").asInt()).isEqualTo(status);
    assertThat(error.path("code").asText()).isEqualTo(code);
  }
}
