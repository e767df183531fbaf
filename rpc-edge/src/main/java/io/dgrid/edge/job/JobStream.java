package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Cancelled;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.transport.codec.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The events of one job in order, from position 0 to exactly one terminal event, for any number of
 * readers. Memory is bounded by the job's output limit. The owner may run ahead of the fastest
 * reader by one window; without a reader the window stays where it is.
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

  /** Tokens after which the owner is told anew what is here. */
  private static final int CONFIRM_EVERY = 16;

  private static final String TORN = "the rest of the answer cannot be joined";

  private final JobId job;
  private final JobEvent accepted;
  private final int maxOutputTokens;
  private final int window;
  private final List<JobEvent> events = new ArrayList<>();
  private final List<Follower> followers = new ArrayList<>();
  private int nextPosition;
  private int confirmed;
  private boolean endsWithTextOnly;
  private int consumed;
  private int allowed;
  private boolean over;
  private @Nullable JobOwner owner;
  private boolean hadOwner;
  private @Nullable String cancelReason;
  private boolean asked;
  private final Seam seam = new Seam();
  private Consumer<Boolean> onDeserted = explicit -> {};

  JobStream(JobId job, Accepted accepted, int maxOutputTokens, int window) {
    this.job = job;
    this.accepted = JobEvent.newBuilder().setJobId(Wire.bytes(job)).setAccepted(accepted).build();
    this.maxOutputTokens = maxOutputTokens;
    this.window = window;
    this.allowed = window;
  }

  JobId job() {
    return job;
  }

  synchronized int nextPosition() {
    return nextPosition;
  }

  synchronized boolean isOver() {
    return over;
  }

  synchronized boolean isDeserted() {
    return followers.isEmpty();
  }

  synchronized boolean hasOwner() {
    return owner != null;
  }

  /** A scheduler is asked for the job, so that somebody has to answer. */
  synchronized void awaitOwner() {
    hadOwner = true;
  }

  /** Whether readers wait for a scheduler that is gone or never came. */
  synchronized boolean isOrphan() {
    return hadOwner && owner == null && !over && !followers.isEmpty();
  }

  synchronized Optional<String> cancelReason() {
    return Optional.ofNullable(cancelReason);
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
    if (fromPosition < 0 || fromPosition > maxOutputTokens) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST, "next_sequence must be 0 to " + maxOutputTokens);
    }
    Follower follower = new Follower(reader, fromPosition);
    followers.add(follower);
    reader.onDrained(() -> advance(follower));
    advance(follower);
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
      boolean removed = followers.removeIf(f -> f.reader == reader);
      deserted = removed && followers.isEmpty() && !over;
      action = onDeserted;
    }
    if (deserted) {
      action.accept(onPurpose);
    }
  }

  /** A scheduler took the job or came back with it: tell it all that holds. */
  synchronized void own(JobOwner scheduler) {
    owner = scheduler;
    hadOwner = true;
    asked = false;
    seam.forget();
    if (cancelReason != null) {
      sendCancel();
      return;
    }
    scheduler.send(command().setAllowUntil(allowed).build());
    confirmed = 0;
    if (nextPosition > 0) {
      askAgain();
    }
  }

  synchronized void disown(JobOwner scheduler) {
    if (owner == scheduler) {
      owner = null;
    }
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
    if (over) {
      return Append.OVER;
    }
    if (event.getEventCase() == EventCase.CHUNK) {
      Chunk chunk = event.getChunk();
      int first = chunk.getFirstPosition();
      int end = first + chunk.getTokenIdsCount();
      if (first < 0 || end > maxOutputTokens || end < first) {
        return Append.DUPLICATE;
      }
      // A chunk without tokens only releases text that lagged behind.
      boolean repeatedText = first == end && end == nextPosition && endsWithTextOnly;
      if (end < nextPosition || (first < nextPosition && end == nextPosition) || repeatedText) {
        return Append.DUPLICATE;
      }
      Optional<Chunk> rest =
          first < nextPosition ? ChunkRest.of(chunk, nextPosition) : Optional.empty();
      if (rest.isPresent()) {
        return append(event.toBuilder().setChunk(rest.get()).build(), sender);
      }
      if (first < nextPosition && sender != null && sender == owner) {
        return misfit(sender);
      }
      if (first != nextPosition) {
        if (!asked) {
          asked = true;
          askAgain();
        }
        return Append.GAP;
      }
      asked = false;
      endsWithTextOnly = first == end;
      nextPosition = end;
      confirm();
    } else if (isRepeated(event)) {
      return Append.DUPLICATE;
    }
    events.add(event);
    advanceAll();
    return Append.TAKEN;
  }

  /** Its owner's chunk overlaps what is here and cannot be cut: asks once, then gives up. */
  private Append misfit(JobOwner sender) {
    if (cancelReason != null) {
      // Its end is on the way.
      return Append.TORN;
    }
    if (!seam.isTorn(sender, nextPosition)) {
      asked = true;
      askAgain();
      return Append.GAP;
    }
    LOG.warnf("job %s: chunks of two attempts overlap at position %d", job, nextPosition);
    cancel(TORN);
    abort(
        new DGridException(
            ErrorCode.UNAVAILABLE,
            TORN + ": two workers cut it in different places; the job is cancelled"));
    return Append.TORN;
  }

  /** Appends the terminal event; only the first one counts. */
  synchronized boolean end(JobEvent terminal) {
    if (over) {
      return false;
    }
    over = true;
    events.add(terminal);
    advanceAll();
    return true;
  }

  /** Asks the owner for everything from the first missing position on. */
  synchronized void askAgain() {
    if (owner != null) {
      owner.send(command().setResendFrom(nextPosition).build());
      confirmed = nextPosition;
    }
  }

  /** What the owner knows to be here, it need not leave behind for this edge when the job ends. */
  private void confirm() {
    if (owner != null && nextPosition - confirmed >= CONFIRM_EVERY) {
      owner.send(command().setHaveUntil(nextPosition).build());
      confirmed = nextPosition;
    }
  }

  /** Tells the owner, now or when there is one; false when the job is over or was cancelled. */
  synchronized boolean cancel(String reason) {
    if (over || cancelReason != null) {
      return false;
    }
    cancelReason = reason;
    sendCancel();
    return true;
  }

  /**
   * Ends every reader with a failure, without a terminal event. The job goes on for those who can
   * come back for it; with none of them it is cancelled.
   */
  synchronized void abort(DGridException failure) {
    List<Follower> all = List.copyOf(followers);
    followers.clear();
    all.forEach(f -> f.reader.fail(failure));
    if (!all.isEmpty() && all.stream().noneMatch(f -> f.reader.canResume())) {
      cancel("client gone");
    }
  }

  private void sendCancel() {
    if (owner != null && cancelReason != null) {
      owner.send(command().setCancel(Cancelled.newBuilder().setReason(cancelReason)).build());
    }
  }

  private RelayResponse.Builder command() {
    return RelayResponse.newBuilder().setJobId(Wire.bytes(job));
  }

  private boolean isRepeated(JobEvent event) {
    return event.getEventCase() != EventCase.ASSIGNED
        || events.stream()
            .anyMatch(
                e ->
                    e.getEventCase() == EventCase.ASSIGNED
                        && e.getAssigned().getAttempt() >= event.getAssigned().getAttempt());
  }

  private void advanceAll() {
    List.copyOf(followers).forEach(this::advance);
  }

  private synchronized void advance(Follower follower) {
    // A reader drains inside its own offer: the loop that is running takes over.
    if (follower.advancing || !followers.contains(follower)) {
      return;
    }
    follower.advancing = true;
    try {
      while (followers.contains(follower) && follower.step()) {}
    } catch (RuntimeException gone) {
      // One broken reader must not stop the others, nor the relay that brought the event.
      LOG.debugf(gone, "job %s lost a reader", job);
      unfollow(follower.reader, true);
      return;
    } finally {
      follower.advancing = false;
    }
    if (follower.reader.drained() && follower.position > consumed) {
      consumed = follower.position;
      widen();
    }
  }

  /** Moves the limit in steps of a quarter window: one command per many tokens. */
  private void widen() {
    int wanted = (int) Math.min((long) consumed + window, maxOutputTokens);
    if (wanted - allowed >= Math.max(1, window / 4)
        || (wanted == maxOutputTokens && wanted > allowed)) {
      allowed = wanted;
      if (owner != null && !over) {
        owner.send(command().setAllowUntil(allowed).build());
      }
    }
  }

  private final class Follower {
    private final JobReader reader;
    private final int from;
    private int position;
    private int next = -1;
    private boolean advancing;

    Follower(JobReader reader, int from) {
      this.reader = reader;
      this.from = from;
      this.position = from;
    }

    /** Offers the next event; false when there is none, the reader is full, or it is done. */
    private boolean step() {
      if (next == events.size()) {
        return false;
      }
      JobEvent event = next < 0 ? accepted : events.get(next);
      if (event.getEventCase() == EventCase.CHUNK) {
        Chunk chunk = event.getChunk();
        int end = chunk.getFirstPosition() + chunk.getTokenIdsCount();
        if (end <= from && chunk.getFirstPosition() < from) {
          next++;
          return true;
        }
        Optional<Chunk> rest = ChunkRest.of(chunk, from);
        if (rest.isPresent()) {
          event = event.toBuilder().setChunk(rest.get()).build();
        } else if (chunk.getFirstPosition() < from) {
          followers.remove(this);
          reader.fail(
              new DGridException(
                  ErrorCode.INVALID_REQUEST,
                  "next_sequence lies inside a chunk; ask from position "
                      + chunk.getFirstPosition()));
          return false;
        }
        if (!reader.offer(event)) {
          return false;
        }
        position = end;
      } else if (!reader.offer(event)) {
        return false;
      }
      next++;
      if (over && next == events.size()) {
        followers.remove(this);
        reader.complete();
        return false;
      }
      return true;
    }
  }
}
