package io.dgrid.core.sampling;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingParametersTest {
  @ParameterizedTest
  @CsvSource({
    "-1, 1000000, 0, temperature",
    "2000001, 1000000, 0, temperature",
    "0, 0, 0, top-p",
    "0, 1000001, 0, top-p",
    "0, 1000000, -1, top-k"
  })
  void refusesValuesOutOfBounds(int temperature, int topP, int topK, String named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SamplingParameters(0, temperature, topP, topK, List.of()))
        .withMessageContaining(named);
  }

  @Test
  void acceptsTheBoundsThemselves() {
    List<String> stops = List.of("a", "b", "c", "é".repeat(128));
    assertThatCode(() -> new SamplingParameters(-1, 2_000_000, 1, Integer.MAX_VALUE, stops))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesStopStringsThatAreTooManyEmptyTooLongOrNoText() {
    refusesStops(List.of("a", "b", "c", "d", "e"));
    refusesStops(List.of(""));
    refusesStops(List.of("é".repeat(128) + "x"));
    refusesStops(List.of("\uD800"));
  }

  private static void refusesStops(List<String> stops) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SamplingParameters.greedy().withStops(stops))
        .withMessageContaining("stop string");
  }
}
