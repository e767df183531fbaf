package io.dgrid.worker.engine.embedded;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The typed key-value part of a GGUF file. Every getter fails with the name of the key. */
final class GgufMetadata {
  private final String file;
  private final Map<String, Object> values;

  /**
   * @param values String, Boolean, Long, Double, {@code List<String>} or {@code long[]}
   */
  GgufMetadata(String file, Map<String, Object> values) {
    this.file = file;
    this.values = values;
  }

  /** A required integer within bounds. */
  int integer(String key, int min, int max) {
    return bounded(key, require(key, Long.class), min, max);
  }

  int integer(String key, int min, int max, int absent) {
    return optional(key, Long.class).map(value -> bounded(key, value, min, max)).orElse(absent);
  }

  /** A required finite number above zero. */
  double positive(String key) {
    double value = require(key, Double.class);
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw broken("'%s' is %s, it must be a positive number".formatted(key, value));
    }
    return value;
  }

  String text(String key) {
    return require(key, String.class);
  }

  Optional<String> optionalText(String key) {
    return optional(key, String.class);
  }

  @SuppressWarnings("unchecked")
  List<String> texts(String key) {
    return (List<String>) require(key, List.class);
  }

  long[] integers(String key) {
    return require(key, long[].class);
  }

  BrokenModelFileException broken(String problem) {
    return new BrokenModelFileException("%s: %s".formatted(file, problem));
  }

  private int bounded(String key, long value, int min, int max) {
    if (value < min || value > max) {
      throw broken("'%s' is %d, allowed are %d to %d".formatted(key, value, min, max));
    }
    return (int) value;
  }

  private <T> T require(String key, Class<T> type) {
    return optional(key, type).orElseThrow(() -> broken("'%s' is missing".formatted(key)));
  }

  private <T> Optional<T> optional(String key, Class<T> type) {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw broken(
          "'%s' is of the wrong kind (%s)".formatted(key, value.getClass().getSimpleName()));
    }
    return Optional.of(type.cast(value));
  }
}
