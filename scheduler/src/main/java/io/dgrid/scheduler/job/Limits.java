package io.dgrid.scheduler.job;

/**
 * Bounds of a job's life. All times in milliseconds.
 *
 * @param fruitlessAttempts attempts in a row without a token after which the job fails
 * @param attempts attempts of any kind after which the job fails
 * @param grace how long a lost session may take to come back before its attempt moves on
 * @param firstChunk longest wait for an attempt's first token
 * @param nextChunk longest pause between tokens while more are allowed
 * @param ending how long a cancelled attempt may take to hand in its receipt
 */
public record Limits(
    int fruitlessAttempts, int attempts, long grace, long firstChunk, long nextChunk, long ending) {
  public Limits {
    if (fruitlessAttempts < 1 || attempts < fruitlessAttempts) {
      throw new IllegalArgumentException("attempts must be at least fruitlessAttempts and 1");
    }
    if (grace < 0 || firstChunk < 1 || nextChunk < 1 || ending < 0) {
      throw new IllegalArgumentException("times must be positive");
    }
  }
}
