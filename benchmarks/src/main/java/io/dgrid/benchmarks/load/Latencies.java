package io.dgrid.benchmarks.load;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What was measured of a row of answers. */
final class Latencies {
  private final List<long[]> samples = new ArrayList<>();
  private long tokens;
  private int refused;
  private double seconds = 1;

  /**
   * @param first nanoseconds until the first bytes
   * @param whole nanoseconds until the end
   */
  synchronized void add(long first, long whole, int tokensOfIt) {
    samples.add(new long[] {first, whole});
    tokens += tokensOfIt;
  }

  synchronized void refused() {
    refused++;
  }

  /** Answers that were refused for rate or load, or lost, and asked for again. */
  synchronized int refusals() {
    return refused;
  }

  Latencies over(Duration duration) {
    seconds = duration.toNanos() / 1e9;
    return this;
  }

  synchronized int count() {
    return samples.size();
  }

  double perSecond() {
    return count() / seconds;
  }

  double tokensPerSecond() {
    return tokens / seconds;
  }

  /** Milliseconds until the first bytes. */
  double first(double quantile) {
    return quantile(0, quantile);
  }

  /** Milliseconds until the end. */
  double whole(double quantile) {
    return quantile(1, quantile);
  }

  private synchronized double quantile(int column, double quantile) {
    long[] sorted = samples.stream().mapToLong(sample -> sample[column]).sorted().toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int index = Math.min(sorted.length - 1, (int) (quantile * sorted.length));
    return sorted[index] / 1e6;
  }
}
