package io.dgrid.core.sampling;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How output tokens are drawn; part of what the client signs.
 *
 * @param seed unsigned 64-bit seed of every draw of the job
 * @param temperatureMicros temperature in millionths, 0 (greedy) to 2 000 000
 * @param topPMicros kept probability mass in millionths, 1 to 1 000 000 (off)
 * @param topK number of most likely tokens kept; 0 keeps all
 * @param stops texts that end the answer, at most 4 of 1 to 256 UTF-8 bytes each
 */
public record SamplingParameters(
    long seed, int temperatureMicros, int topPMicros, int topK, List<String> stops) {
  public static final int MICROS = 1_000_000;
  public static final int MAX_TEMPERATURE_MICROS = 2 * MICROS;
  public static final int MAX_STOPS = 4;
  public static final int MAX_STOP_BYTES = 256;

  /**
   * @throws IllegalArgumentException naming the value that is out of bounds
   */
  public SamplingParameters {
    requireWithin("temperature", temperatureMicros, 0, MAX_TEMPERATURE_MICROS);
    requireWithin("top-p", topPMicros, 1, MICROS);
    if (topK < 0) {
      throw new IllegalArgumentException("top-k is negative: " + topK);
    }
    stops = List.copyOf(stops);
    if (stops.size() > MAX_STOPS) {
      throw new IllegalArgumentException(
          "%d stop strings, at most %d are allowed".formatted(stops.size(), MAX_STOPS));
    }
    for (String stop : stops) {
      requireWithin("length of a stop string in bytes", utf8Length(stop), 1, MAX_STOP_BYTES);
    }
  }

  /** Always the most likely token; no filters, no stop strings. */
  public static SamplingParameters greedy() {
    return new SamplingParameters(0, 0, MICROS, 0, List.of());
  }

  /** Draws with this seed and temperature, without filters and stop strings. */
  public static SamplingParameters seeded(long seed, int temperatureMicros) {
    return new SamplingParameters(seed, temperatureMicros, MICROS, 0, List.of());
  }

  public SamplingParameters withStops(List<String> newStops) {
    return new SamplingParameters(seed, temperatureMicros, topPMicros, topK, newStops);
  }

  private static void requireWithin(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s is %d, allowed are %d to %d".formatted(what, value, min, max));
    }
  }

  private static int utf8Length(String text) {
    try {
      // A lone surrogate has no UTF-8 form, so no output could ever contain it.
      return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text)).remaining();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a stop string is not valid Unicode", e);
    }
  }
}
