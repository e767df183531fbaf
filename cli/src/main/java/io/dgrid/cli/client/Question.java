package io.dgrid.cli.client;

import io.dgrid.core.money.Price;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.market.v1.ModelManifest;
import java.time.Duration;
import java.util.Optional;

/**
 * What to ask and under which conditions.
 *
 * @param maxOutputTokens at least 1
 * @param maxPrice bounds input and output price
 * @param timeout for the whole answer; zero: the network's limit
 * @param hedgeAfter wait for a first token after which a second worker is asked too; zero: never
 */
public record Question(
    ModelManifest model,
    Prompt prompt,
    SamplingParameters sampling,
    int maxOutputTokens,
    Price maxPrice,
    Duration timeout,
    Duration hedgeAfter) {

  /** Without a hedge. */
  public Question(
      ModelManifest model,
      Prompt prompt,
      SamplingParameters sampling,
      int maxOutputTokens,
      Price maxPrice,
      Duration timeout) {
    this(model, prompt, sampling, maxOutputTokens, maxPrice, timeout, Duration.ZERO);
  }

  /** A conversation of one user message after an optional system message. */
  public static Prompt chat(Optional<String> system, String user) {
    ChatPrompt.Builder chat = ChatPrompt.newBuilder();
    system.ifPresent(
        text -> chat.addMessages(ChatMessage.newBuilder().setRole("system").setContent(text)));
    chat.addMessages(ChatMessage.newBuilder().setRole("user").setContent(user));
    return Prompt.newBuilder().setChat(chat).build();
  }
}
