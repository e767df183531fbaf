package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.beginning;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.Ask;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Worker;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Promise: the same seed and prompt give the same bytes everywhere; without a seed they differ. */
@Acceptance
class SameSeedSameBytesIT {
  private static final Ask STORY = beginning("Once upon a time").atTemperature(1).ofAtMost(96);

  private final Network network;
  private final Client client;

  SameSeedSameBytesIT(Network network) {
    this.network = network;
    client = network.client();
  }

  @Test
  void aSeedFixesEveryByteOnEveryWorker() {
    Answer first = client.asks(STORY.withSeed(42));
    Answer again = client.asks(STORY.withSeed(42));
    Worker cheapest = network.cheapestWorker();
    cheapest.leaves();
    try {
      Answer elsewhere = client.asks(STORY.withSeed(42));

      assertThat(first.text()).isNotBlank();
      assertThat(again.text()).isEqualTo(first.text());
      assertThat(elsewhere.text()).isEqualTo(first.text());
      assertThat(elsewhere.tokenIds()).isEqualTo(first.tokenIds());
      assertThat(elsewhere.logprobs()).isEqualTo(first.logprobs());
      assertThat(elsewhere.nodes()).doesNotContain(cheapest.address());
    } finally {
      cheapest.startsAgain();
    }
  }

  /** Two drawn answers may both be a lone full stop; eight of them never are. */
  @Test
  void withoutASeedAnswersDiffer() {
    Stream<String> drawn = Stream.generate(() -> client.asks(STORY).text()).limit(8);

    assertThat(drawn.distinct().limit(2)).hasSize(2);
  }

  @Test
  void anotherSeedIsAnotherAnswer() {
    assertThat(client.asks(STORY.withSeed(1)).text())
        .isNotEqualTo(client.asks(STORY.withSeed(2)).text());
  }
}
