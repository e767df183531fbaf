package io.dgrid.scheduler.job;

import io.dgrid.core.receipt.IssuedReceipt;
import java.util.List;
import java.util.Optional;

/** Rebuilds a job's progress from what the log says about its attempts, in their order. */
public final class RecoveredProgress {
  private Progress progress;

  public RecoveredProgress(Progress start) {
    progress = start;
  }

  /**
   * One granted attempt.
   *
   * @param ended false when it may still run
   * @param lost it cost its worker
   * @param chunks what it delivered as far as known
   */
  public void attempt(
      int number,
      WorkerId worker,
      boolean ended,
      boolean lost,
      List<? extends Chunk> chunks,
      Optional<IssuedReceipt> receipt) {
    int first = progress.transcript().end();
    for (Chunk chunk : chunks) {
      if (chunk.firstPosition() == progress.transcript().end()) {
        progress = progress.withTranscript(progress.transcript().append(chunk));
      }
    }
    int end = progress.transcript().end();
    progress = progress.withAttempt(number);
    if (ended) {
      progress = progress.withFruitless(end > first ? 0 : progress.fruitless() + 1);
      if (!lost) {
        progress = progress.withLost(0);
      } else if (receipt.isEmpty()) {
        progress = progress.withLost(progress.lost() + 1);
      }
    }
    if (receipt.isPresent()) {
      progress = progress.filing(receipt.get());
    } else if (end > first) {
      progress = progress.claiming(new Progress.Claim(number, worker, first, end));
    }
  }

  /**
   * One granted attempt that left a race: it was never tried, so to speak.
   *
   * @param lost it cost its worker all the same
   */
  public void overtaken(int number, boolean lost) {
    progress = progress.withAttempt(number).hedging();
    if (lost) {
      progress = progress.withLost(progress.lost() + 1);
    }
  }

  public Progress progress() {
    return progress;
  }
}
