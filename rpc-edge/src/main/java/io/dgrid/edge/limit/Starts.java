package io.dgrid.edge.limit;

import io.dgrid.edge.limit.Limits.Signatory;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Jobs on their way from their acceptance to their first token. An account that asks alone may have
 * any number of them. Beside others it may have as many as {@link Congestion} leaves it, so that it
 * does not fill every line between here and the workers, none of which knows accounts; the rest
 * waits here, where turns go round.
 */
public final class Starts {
  /** A job that waits for a worker that long leaves its place: the line there is not this one's. */
  public static final Duration LONGEST = Duration.ofSeconds(1);

  private final Turns<Signatory> turns;
  private final Congestion congestion;
  private final LongSupplier nanos;

  Starts(Turns<Signatory> turns, Congestion congestion, LongSupplier nanos) {
    this.turns = turns;
    this.congestion = congestion;
    this.nanos = nanos;
  }

  /** One of them. */
  public static final class Start {
    private final FairQueue<Signatory>.Turn turn;
    private final Starts starts;
    private final long begin;
    private boolean handedOver;

    private Start(FairQueue<Signatory>.Turn turn, Starts starts) {
      this.turn = turn;
      this.starts = starts;
      this.begin = starts.nanos.getAsLong();
    }

    /** A scheduler has it; what takes longer from here on is not the network's doing. */
    public void handedOver() {
      synchronized (this) {
        if (handedOver) {
          return;
        }
        handedOver = true;
      }
      // Longer than that, no scheduler was there.
      starts.congestion.took(Math.min(starts.nanos.getAsLong() - begin, LONGEST.toNanos()));
    }

    /** It has begun, ended, or waits for a worker; only the first call counts. */
    public void over() {
      turn.end();
    }
  }

  /**
   * Begins when it is the account's turn.
   *
   * @return fails with RATE_LIMITED and the expected wait when there is no place in line
   */
  public Uni<Start> enter(Signatory who) {
    return turns.hold(who).map(turn -> new Start(turn, this));
  }
}
