package io.dgrid.settlement;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for a condition of another process, with a bound and a name. */
final class Eventually {
  private static final long PAUSE_MILLIS = 100;

  private Eventually() {}

  static void eventually(String what, Duration atMost, Callable<Boolean> holds) {
    long end = System.nanoTime() + atMost.toNanos();
    Throwable last = null;
    while (System.nanoTime() < end) {
      try {
        if (holds.call()) {
          return;
        }
        last = null;
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      } catch (IllegalStateException fatal) {
        throw fatal;
      } catch (Exception e) {
        last = e;
        java.util.concurrent.locks.LockSupport.parkNanos(PAUSE_MILLIS * 1_000_000);
      }
    }
    throw new AssertionError("not within " + atMost + ": " + what, last);
  }
}
