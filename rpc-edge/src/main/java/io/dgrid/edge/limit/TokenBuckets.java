package io.dgrid.edge.limit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * One bucket per key, in bounded memory: a full bucket is as good as none, so those go first.
 * Waiting times are milliseconds, rounded up, 0 for none.
 */
final class TokenBuckets<K> {
  private final int perSecond;
  private final int burst;
  private final int capacity;
  private final LongSupplier nanos;
  private final Map<K, TokenBucket> buckets = new ConcurrentHashMap<>();

  /**
   * @param perSecond 0: no limit at all
   * @param capacity buckets kept
   */
  TokenBuckets(int perSecond, int burst, int capacity, LongSupplier nanos) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.capacity = capacity;
    this.nanos = nanos;
  }

  /** Takes a token of the key; else how long until there is one. */
  long take(K key) {
    return perSecond == 0 ? 0 : millis(bucket(key).take(nanos.getAsLong()));
  }

  /** How long until there is a token, for a key that may not be what it claims to be. */
  long peek(K key) {
    TokenBucket bucket = buckets.get(key);
    return bucket == null ? 0 : millis(bucket.peek(nanos.getAsLong()));
  }

  /** Refuses the key for a while. */
  void close(K key, long millis) {
    if (perSecond > 0) {
      bucket(key).close(nanos.getAsLong(), millis * 1_000_000);
    }
  }

  int size() {
    return buckets.size();
  }

  private TokenBucket bucket(K key) {
    TokenBucket known = buckets.get(key);
    if (known != null) {
      return known;
    }
    if (buckets.size() >= capacity) {
      makeRoom();
    }
    return buckets.computeIfAbsent(key, k -> new TokenBucket(perSecond, burst, nanos.getAsLong()));
  }

  private synchronized void makeRoom() {
    if (buckets.size() < capacity) {
      return;
    }
    long now = nanos.getAsLong();
    buckets.values().removeIf(bucket -> bucket.isFull(now));
    // More busy keys than room: some get a new burst, which costs less than unbounded memory.
    var busy = buckets.keySet().iterator();
    for (int left = capacity / 16 + 1; buckets.size() >= capacity && left > 0; left--) {
      busy.next();
      busy.remove();
    }
  }

  private static long millis(long nanos) {
    return (nanos + 999_999) / 1_000_000;
  }
}
