package io.dgrid.scheduler.job;

/**
 * Bounds of a job's life. All times in milliseconds.
 *
 * <p>A job is <em>quarantined</em>, that is, it fails, when {@code lostWorkers} attempts in a row
 * cost their worker, those of a race too: its session broke or it stalled, and no word of it came
 * any more. Tokens that such an attempt delivered before do not help, else a job that says one word
 * and kills would meet every worker there is. What ends the row is an attempt whose worker says how
 * it ended; what shortens it is a worker that comes back with the receipt for its part.
 *
 * @param fruitlessAttempts attempts in a row without a token after which the job fails
 * @param lostWorkers attempts in a row that cost their worker after which the job is quarantined
 * @param attempts attempts of any kind after which the job fails
 * @param grace how long a lost session may take to come back before its attempt moves on
 * @param firstChunk longest wait for an attempt's first token
 * @param nextChunk longest pause between tokens while more are allowed
 * @param ending how long a cancelled attempt may take to hand in its receipt
 */
public record Limits(
    int fruitlessAttempts,
    int lostWorkers,
    int attempts,
    long grace,
    long firstChunk,
    long nextChunk,
    long ending) {
  public Limits {
    if (fruitlessAttempts < 1 || lostWorkers < 1 || attempts < fruitlessAttempts) {
      throw new IllegalArgumentException(
          "lostWorkers must be at least 1, attempts at least fruitlessAttempts and 1");
    }
    if (grace < 0 || firstChunk < 1 || nextChunk < 1 || ending < 0) {
      throw new IllegalArgumentException("times must be positive");
    }
  }
}
