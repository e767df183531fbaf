package io.dgrid.acceptance.faults;

import io.dgrid.cli.client.Answer;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.Question;
import io.dgrid.core.money.Price;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.market.v1.ModelManifest;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** A few questions with a seed each, so that an answer is right or wrong byte for byte. */
final class Expected {
  private static final int QUESTIONS = 8;
  private static final int SHORTEST = 8;
  private static final int LONGEST = 120;
  private static final Duration TIMEOUT = Duration.ofSeconds(120);
  private static final Price ANY = new Price(BigInteger.TEN.pow(19));

  private final List<Question> questions;
  private final Map<Question, int[]> right = new ConcurrentHashMap<>();

  Expected(EdgeClient edge, Random random) {
    ModelManifest model = edge.models().getFirst();
    questions =
        IntStream.range(0, QUESTIONS)
            .mapToObj(
                i ->
                    new Question(
                        model,
                        Prompt.newBuilder().setText("Once upon a time, in house " + i).build(),
                        SamplingParameters.seeded(random.nextLong(), 1_000_000),
                        random.nextInt(SHORTEST, LONGEST),
                        ANY,
                        TIMEOUT))
            .toList();
  }

  Question draw(Random random) {
    return questions.get(random.nextInt(questions.size()));
  }

  /** Asks everything once while nothing is disturbed. */
  void learn(Asking client) {
    for (Question question : questions) {
      right.put(question, client.whole(question).tokenIds());
    }
  }

  /** A whole answer must be the right one, a broken one its beginning. */
  List<String> complaints(Question question, Answer answer) {
    int[] known = right.get(question);
    if (known == null) {
      return List.of();
    }
    int[] got = answer.tokenIds();
    boolean whole = answer.failure().isEmpty();
    if (got.length > known.length
        || (whole && got.length < known.length)
        || !Arrays.equals(known, 0, got.length, got, 0, got.length)) {
      return List.of(
          "%s answer of %d tokens instead of %d, or other tokens"
              .formatted(whole ? "whole" : "broken", got.length, known.length));
    }
    return List.of();
  }
}
