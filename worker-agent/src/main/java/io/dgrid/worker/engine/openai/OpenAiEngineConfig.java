package io.dgrid.worker.engine.openai;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * How to speak to the server.
 *
 * @param baseUrl without the {@code /v1} path
 * @param model as the server names it
 * @param apiKey bearer token, if it wants one
 * @param slots answers asked for at once
 * @param contextLength most tokens of prompt and output together
 * @param scoring whether prompt logprobs may be asked for
 * @param idleTimeout longest silence within an answer
 * @param answerTimeout bound on a whole answer
 */
public record OpenAiEngineConfig(
    URI baseUrl,
    String model,
    Optional<String> apiKey,
    Dialect dialect,
    int slots,
    int contextLength,
    boolean scoring,
    Duration connectTimeout,
    Duration idleTimeout,
    Duration answerTimeout) {

  public OpenAiEngineConfig {
    if (baseUrl.getHost() == null
        || !("http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme()))) {
      throw new IllegalArgumentException("not an http address: " + baseUrl);
    }
    if (slots < 1 || contextLength < 2) {
      throw new IllegalArgumentException("slots and context must be positive");
    }
  }

  /** Keeps the key out of logs. */
  @Override
  public String toString() {
    return "OpenAiEngineConfig[" + baseUrl + ", " + dialect + ", " + model + "]";
  }
}
