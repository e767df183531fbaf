package io.dgrid.acceptance.dsl;

import com.google.protobuf.ByteString;
import io.dgrid.cli.client.Question;
import io.dgrid.core.money.Price;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.market.v1.ModelManifest;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a client wants to know, and how. Each word gives a changed copy.
 *
 * @param seed absent: a random one, as a client without a wish draws it
 * @param model absent: the network's first one
 */
public record Ask(
    Prompt prompt,
    OptionalLong seed,
    int temperatureMicros,
    int maxTokens,
    Price maxPrice,
    Optional<ByteString> model) {
  private static final int MICROS = 1_000_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** Enough for every worker of the network. */
  private static final Price ANY = new Price(BigInteger.TEN.pow(19));

  public static Ask question(String text) {
    return of(Question.chat(Optional.empty(), text));
  }

  /** Text to continue instead of a question to answer. */
  public static Ask beginning(String text) {
    return of(Prompt.newBuilder().setText(text).build());
  }

  private static Ask of(Prompt prompt) {
    return new Ask(prompt, OptionalLong.empty(), 0, 64, ANY, Optional.empty());
  }

  public Ask withSeed(long wanted) {
    return new Ask(prompt, OptionalLong.of(wanted), temperatureMicros, maxTokens, maxPrice, model);
  }

  public Ask atTemperature(double temperature) {
    int micros = (int) Math.round(temperature * MICROS);
    return new Ask(prompt, seed, micros, maxTokens, maxPrice, model);
  }

  public Ask ofAtMost(int tokens) {
    return new Ask(prompt, seed, temperatureMicros, tokens, maxPrice, model);
  }

  /** Smallest units per million tokens. */
  public Ask paying(Price most) {
    return new Ask(prompt, seed, temperatureMicros, maxTokens, most, model);
  }

  /** A model id, known or not. */
  public Ask ofModel(ByteString modelId) {
    return new Ask(prompt, seed, temperatureMicros, maxTokens, maxPrice, Optional.of(modelId));
  }

  Question of(ModelManifest first) {
    long drawn = seed.orElseGet(() -> ThreadLocalRandom.current().nextLong());
    ModelManifest asked = model.map(id -> first.toBuilder().setModelId(id).build()).orElse(first);
    return new Question(
        asked,
        prompt,
        SamplingParameters.seeded(drawn, temperatureMicros),
        maxTokens,
        maxPrice,
        TIMEOUT);
  }
}
