package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.transport.codec.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Answer} on its way from the job's owner, who hears {@link Commands}, to any number of
 * readers, each of them a {@link Follower}. Memory is bounded by the job's output limit. The owner
 * may run ahead of the fastest reader by one window; without a reader the window stays where it is.
 * Thread-safe.
 */
final class JobStream {
  /** What became of an event that was appended. */
  enum Append {
    TAKEN,
    /** Known already; dropped. */
    DUPLICATE,
    /** Positions are missing before it; dropped, and to be sent again. */
    GAP,
    /** It cannot be joined to what is here, nor will the rest: readers were failed. */
    TORN,
    /** The stream has its terminal event; dropped. */
    OVER
  }

  private static final Logger LOG = Logger.getLogger(JobStream.class);

  private static final String TORN = "the rest of the answer cannot be joined";

  private final JobId job;
  private final JobEvent accepted;
  private final Answer answer;
  private final Commands commands;
  private final List<Follower> followers = new ArrayList<>();
  private int consumed;
  private Consumer<Boolean> onDeserted = explicit -> {};

  JobStream(JobId job, Accepted accepted, int maxOutputTokens, int window) {
    this.job = job;
    this.accepted = JobEvent.newBuilder().setJobId(Wire.bytes(job)).setAccepted(accepted).build();
    answer = new Answer(maxOutputTokens);
    commands = new Commands(job, answer, window);
  }

  JobId job() {
    return job;
  }

  synchronized int nextPosition() {
    return answer.nextPosition();
  }

  synchronized boolean isOver() {
    return answer.isOver();
  }

  synchronized boolean isDeserted() {
    return followers.isEmpty();
  }

  synchronized boolean hasOwner() {
    return commands.hasOwner();
  }

  /** A scheduler is asked for the job, so that somebody has to answer. */
  synchronized void awaitOwner() {
    commands.awaitOwner();
  }

  /** Whether readers wait for a scheduler that is gone or never came. */
  synchronized boolean isOrphan() {
    return commands.isOrphan() && !answer.isOver() && !followers.isEmpty();
  }

  synchronized Optional<String> cancelReason() {
    return commands.cancelReason();
  }

  /** Called when the last reader left before the end, with whether it left on purpose. */
  synchronized void onDeserted(Consumer<Boolean> action) {
    onDeserted = action;
  }

  /**
   * Adds a reader that gets `accepted`, then everything from a token position on.
   *
   * @throws DGridException INVALID_REQUEST when the position lies beyond the job's output limit
   */
  synchronized void follow(JobReader reader, int fromPosition) {
    if (fromPosition < 0 || fromPosition > answer.maxOutputTokens()) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "next_sequence must be 0 to " + answer.maxOutputTokens());
    }
    Follower follower = new Follower(reader, accepted, answer, fromPosition, this::remove);
    followers.add(follower);
    reader.onDrained(() -> advance(follower));
    advance(follower);
  }

  private void remove(Follower follower) {
    follower.leave();
    followers.remove(follower);
  }

  /**
   * The reader is gone.
   *
   * @param onPurpose whether its client ended it, rather than lost its connection
   */
  void unfollow(JobReader reader, boolean onPurpose) {
    boolean deserted;
    Consumer<Boolean> action;
    synchronized (this) {
      List<Follower> gone = followers.stream().filter(f -> f.reader() == reader).toList();
      gone.forEach(this::remove);
      deserted = !gone.isEmpty() && followers.isEmpty() && !answer.isOver();
      action = onDeserted;
    }
    if (deserted) {
      action.accept(onPurpose);
    }
  }

  /** A scheduler took the job or came back with it: tell it all that holds. */
  synchronized void own(JobOwner scheduler) {
    commands.own(scheduler);
  }

  synchronized void disown(JobOwner scheduler) {
    commands.disown(scheduler);
  }

  /** Appends what the log has; {@link #end} takes what is terminal. */
  Append append(JobEvent event) {
    return append(event, null);
  }

  /**
   * Appends what a scheduler sent, unless it is terminal: see {@link #end}.
   *
   * @param sender who sent it, null when it comes from the log
   */
  synchronized Append append(JobEvent event, @Nullable JobOwner sender) {
    return switch (answer.append(event)) {
      case TAKEN -> {
        if (event.getEventCase() == EventCase.CHUNK) {
          commands.arrived();
        }
        advanceAll();
        yield Append.TAKEN;
      }
      case KNOWN -> Append.DUPLICATE;
      case EARLY -> gap();
      case UNCUTTABLE -> sender != null && commands.isOwner(sender) ? misfit(sender) : gap();
      case OVER -> Append.OVER;
    };
  }

  private Append gap() {
    commands.missing();
    return Append.GAP;
  }

  /** Its owner's chunk overlaps what is here and cannot be cut: asks once, then gives up. */
  private Append misfit(JobOwner sender) {
    if (commands.cancelReason().isPresent()) {
      // Its end is on the way.
      return Append.TORN;
    }
    if (!commands.isTorn(sender)) {
      return Append.GAP;
    }
    LOG.warnf("job %s: chunks of two attempts overlap at position %d", job, answer.nextPosition());
    cancel(TORN);
    abort(
        new DGridException(
            ErrorCode.UNAVAILABLE,
            TORN + ": two workers cut it in different places; the job is cancelled"));
    return Append.TORN;
  }

  /** Appends the terminal event; only the first one counts. */
  synchronized boolean end(JobEvent terminal) {
    if (!answer.end(terminal)) {
      return false;
    }
    advanceAll();
    return true;
  }

  /** Asks the owner for everything from the first missing position on. */
  synchronized void askAgain() {
    commands.askAgain();
  }

  /** Tells the owner, now or when there is one; false when the job is over or was cancelled. */
  synchronized boolean cancel(String reason) {
    return commands.cancel(reason);
  }

  /**
   * Ends every reader with a failure, without a terminal event. The job goes on for those who can
   * come back for it; with none of them it is cancelled.
   */
  synchronized void abort(DGridException failure) {
    List<Follower> all = List.copyOf(followers);
    all.forEach(this::remove);
    all.forEach(f -> f.reader().fail(failure));
    if (!all.isEmpty() && all.stream().noneMatch(f -> f.reader().canResume())) {
      cancel("client gone");
    }
  }

  private void advanceAll() {
    List.copyOf(followers).forEach(this::advance);
  }

  private synchronized void advance(Follower follower) {
    JobReader reader = follower.reader();
    try {
      if (!follower.advance()) {
        return;
      }
    } catch (RuntimeException gone) {
      // One broken reader must not stop the others, nor the relay that brought the event.
      LOG.debugf(gone, "job %s lost a reader", job);
      unfollow(reader, true);
      return;
    }
    if (reader.drained() && follower.position() > consumed) {
      consumed = follower.position();
      commands.consumed(consumed);
    }
  }
}
