package io.dgrid.worker.engine.embedded;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Idle sessions, at most one per slot, with the tokens they last saw: a request that starts alike
 * continues on them. Thread safe.
 */
final class SessionPool {
  /** Below this many shared tokens a fresh session is better than overwriting somebody's. */
  private static final int WORTH_REUSING = 16;

  private final LlamaModel model;
  private final int capacity;
  private final Deque<LlamaSession> idle = new ArrayDeque<>();
  private int created;

  SessionPool(LlamaModel model, int capacity) {
    this.model = model;
    this.capacity = capacity;
  }

  /**
   * A session that holds a true prefix of {@code tokens[0, count)}: at least the last token is
   * still to be fed, so that its logits can be had.
   */
  LlamaSession acquire(int[] tokens, int count) {
    LlamaSession session = take(tokens, count);
    session.truncate(Math.min(session.commonPrefix(tokens, count), count - 1));
    return session;
  }

  synchronized void release(LlamaSession session) {
    idle.addLast(session);
  }

  private synchronized LlamaSession take(int[] tokens, int count) {
    LlamaSession best = null;
    int bestPrefix = -1;
    // Least recently used first, so that it is the one to be overwritten among equals.
    for (LlamaSession candidate : idle) {
      int prefix = candidate.commonPrefix(tokens, count);
      if (prefix > bestPrefix) {
        best = candidate;
        bestPrefix = prefix;
      }
    }
    if (best == null || (bestPrefix < WORTH_REUSING && created < capacity)) {
      if (created == capacity) {
        throw new IllegalStateException("more sessions in use than slots");
      }
      created++;
      return model.newSession();
    }
    idle.remove(best);
    return best;
  }
}
