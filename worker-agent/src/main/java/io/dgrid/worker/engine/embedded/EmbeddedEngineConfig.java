package io.dgrid.worker.engine.embedded;

/**
 * Bounds of an embedded engine.
 *
 * @param slots answers computed at the same time, each on a thread of its own; at least 1
 * @param queue further requests that may wait or pause; at least 0
 * @param memoryBytes bound on the weights and one context of a model
 */
public record EmbeddedEngineConfig(int slots, int queue, long memoryBytes) {
  private static final int MAX_SLOTS = 1024;
  private static final int MAX_QUEUE = 1 << 16;

  public EmbeddedEngineConfig {
    if (slots < 1 || slots > MAX_SLOTS || queue < 0 || queue > MAX_QUEUE || memoryBytes < 1) {
      throw new IllegalArgumentException(
          "slots %d (1 to %d), queue %d (0 to %d), memory %d bytes"
              .formatted(slots, MAX_SLOTS, queue, MAX_QUEUE, memoryBytes));
    }
  }

  /** These slots, as many waiting places, and at most half of the heap for the model. */
  public static EmbeddedEngineConfig ofSlots(int slots) {
    return new EmbeddedEngineConfig(slots, slots, Runtime.getRuntime().maxMemory() / 2);
  }
}
