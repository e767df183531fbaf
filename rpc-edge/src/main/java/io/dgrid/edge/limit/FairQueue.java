package io.dgrid.edge.limit;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gives turns to lines in rounds: however many wait in one line, another line's first waits for at
 * most one turn of each. Lines and turns are bounded, and who would wait too long is told at once
 * how long. Thread-safe; nothing is called under its lock.
 */
final class FairQueue<K> {
  /**
   * @param running turns at once
   * @param runningPerLine of one line
   * @param waiting most that wait, over all lines
   * @param waitingPerLine of one line
   * @param maxWait nanoseconds; who is expected to wait longer is refused
   */
  record Bounds(int running, int runningPerLine, int waiting, int waitingPerLine, long maxWait) {
    Bounds {
      if (running < 1 || runningPerLine < 1 || waiting < 1 || waitingPerLine < 1 || maxWait < 1) {
        throw new IllegalArgumentException("bounds must be at least 1");
      }
    }
  }

  private static final Logger LOG = Logger.getLogger(FairQueue.class);

  /** Weight of the newest turn in the average. */
  private static final double NEWEST = 0.1;

  /** Nanoseconds that a line counts after it was last seen: who asks one by one has gaps. */
  private static final long PRESENT = 2_000_000_000L;

  private final Bounds bounds;
  private final IntSupplier share;
  private final LongSupplier nanos;
  private final Map<K, Line> lines = new HashMap<>();

  /** Lines that may be given a turn, in the order of the round. */
  private final Queue<Line> round = new ArrayDeque<>();

  /** Turns that have been given out and not been started. */
  private final Queue<Turn> given = new ArrayDeque<>();

  private boolean starting;
  private int running;
  private int waiting;
  private double averageTurn;
  private long severalUntil;

  FairQueue(Bounds bounds, LongSupplier nanos) {
    this(bounds, bounds::runningPerLine, nanos);
  }

  /**
   * @param share most turns of one line while there are others; less than its bound counts
   */
  FairQueue(Bounds bounds, IntSupplier share, LongSupplier nanos) {
    this.bounds = bounds;
    this.share = share;
    this.nanos = nanos;
    severalUntil = nanos.getAsLong();
  }

  private final class Line {
    private final K key;
    private final Queue<Turn> waiting = new ArrayDeque<>();
    private int running;
    private boolean inRound;

    Line(K key) {
      this.key = key;
    }
  }

  /** A place in a line, then a turn. */
  final class Turn {
    private final Line line;
    private @Nullable Consumer<Turn> start;
    private long startedAt;
    private boolean over;

    private Turn(Line line, Consumer<Turn> start) {
      this.line = line;
      this.start = start;
    }

    /** Ends the turn; only the first call counts. */
    void end() {
      synchronized (FairQueue.this) {
        if (over) {
          return;
        }
        over = true;
        running--;
        line.running--;
        learn(nanos.getAsLong() - startedAt);
        enterRound(line);
        forgetIfIdle(line);
        giveOut();
      }
      startGiven();
    }
  }

  /**
   * Takes a place.
   *
   * @param start called when the turn comes, perhaps before this returns; ends it with {@link
   *     Turn#end}
   * @return 0, or the nanoseconds after which a place can be expected: then there is none
   */
  long enter(K key, Consumer<Turn> start) {
    synchronized (this) {
      Line line = lines.computeIfAbsent(key, Line::new);
      if (lines.size() > 1) {
        severalUntil = nanos.getAsLong() + PRESENT;
      }
      long wait = expectedWait(line);
      if (waiting >= bounds.waiting()
          || line.waiting.size() >= bounds.waitingPerLine()
          || wait > bounds.maxWait()) {
        forgetIfIdle(line);
        return Math.max(1, wait);
      }
      line.waiting.add(new Turn(line, start));
      waiting++;
      enterRound(line);
      giveOut();
    }
    startGiven();
    return 0;
  }

  synchronized int waiting() {
    return waiting;
  }

  /** Lines in memory; those without anybody are forgotten. */
  synchronized int lines() {
    return lines.size();
  }

  private void giveOut() {
    while (running < bounds.running() && !round.isEmpty()) {
      Line line = round.poll();
      line.inRound = false;
      if (line.running >= perLine()) {
        // The share has shrunk; it comes again when one of its turns ends.
        continue;
      }
      Turn turn = line.waiting.poll();
      if (turn == null) {
        continue;
      }
      waiting--;
      running++;
      line.running++;
      turn.startedAt = nanos.getAsLong();
      given.add(turn);
      enterRound(line);
    }
  }

  /** A turn that ends while it starts gives the next one out here, not deeper in the stack. */
  private void startGiven() {
    synchronized (this) {
      if (starting) {
        return;
      }
      starting = true;
    }
    while (true) {
      Turn turn;
      synchronized (this) {
        turn = given.poll();
        if (turn == null) {
          starting = false;
          return;
        }
      }
      Consumer<Turn> start = turn.start;
      // A turn may be held long after it began, and what began it be large.
      turn.start = null;
      try {
        if (start != null) {
          start.accept(turn);
        }
      } catch (RuntimeException bug) {
        turn.end();
        LOG.error("a turn did not start", bug);
      }
    }
  }

  private void enterRound(Line line) {
    if (!line.inRound && !line.waiting.isEmpty() && line.running < perLine()) {
      line.inRound = true;
      round.add(line);
    }
  }

  private int perLine() {
    boolean several = severalUntil - nanos.getAsLong() > 0;
    return several ? Math.min(bounds.runningPerLine(), share.getAsInt()) : bounds.runningPerLine();
  }

  private void forgetIfIdle(Line line) {
    if (line.running == 0 && line.waiting.isEmpty()) {
      lines.remove(line.key);
    }
  }

  private void learn(long turn) {
    averageTurn = averageTurn == 0 ? turn : averageTurn + NEWEST * (turn - averageTurn);
  }

  /** Turns that come before, in this line and by rounds in the others, at the pace of late. */
  private long expectedWait(Line line) {
    int perLine = perLine();
    if (running < bounds.running() && waiting == 0 && line.running < perLine) {
      return 0;
    }
    int ahead = line.waiting.size();
    long others = Math.min(waiting - ahead, (ahead + 1L) * Math.max(0, lines.size() - 1L));
    double overall = (ahead + others + 1.0) / bounds.running();
    double own = line.running < perLine && ahead == 0 ? 0 : (ahead + 1.0) / perLine;
    return (long) (averageTurn * Math.max(overall, own));
  }
}
