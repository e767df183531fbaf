package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Cancelled;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.transport.codec.Wire;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a job's owner is told: how far it may go, what is here, what is missing, that the job is
 * cancelled. Owners come and go; who comes hears all that holds. Not thread-safe.
 */
final class Commands {
  /** Tokens after which the owner is told anew what is here. */
  private static final int CONFIRM_EVERY = 16;

  private final JobId job;
  private final Answer answer;
  private final int window;
  private final Seam seam = new Seam();
  private @Nullable JobOwner owner;
  private boolean hadOwner;
  private @Nullable String cancelReason;
  private int allowed;
  private int confirmed;
  private boolean asked;

  /**
   * @param window tokens that the owner may be ahead of the fastest reader
   */
  Commands(JobId job, Answer answer, int window) {
    this.job = job;
    this.answer = answer;
    this.window = window;
    this.allowed = window;
  }

  boolean hasOwner() {
    return owner != null;
  }

  boolean isOwner(JobOwner sender) {
    return sender == owner;
  }

  boolean isOrphan() {
    return hadOwner && owner == null;
  }

  /** Somebody has to answer for the job from now on. */
  void awaitOwner() {
    hadOwner = true;
  }

  Optional<String> cancelReason() {
    return Optional.ofNullable(cancelReason);
  }

  void own(JobOwner scheduler) {
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
    if (answer.nextPosition() > 0) {
      askAgain();
    }
  }

  void disown(JobOwner scheduler) {
    if (owner == scheduler) {
      owner = null;
    }
  }

  /**
   * The next tokens are here. What the owner knows of that, it need not leave behind at the end.
   */
  void arrived() {
    asked = false;
    if (owner != null && answer.nextPosition() - confirmed >= CONFIRM_EVERY) {
      owner.send(command().setHaveUntil(answer.nextPosition()).build());
      confirmed = answer.nextPosition();
    }
  }

  /** Tokens are missing: asks for them, once until something comes. */
  void missing() {
    if (!asked) {
      asked = true;
      askAgain();
    }
  }

  /**
   * The owner's own chunk overlaps what is here and cannot be cut: asks once for that position.
   *
   * @return true when it had been asked before: it has nothing else for it
   */
  boolean isTorn(JobOwner sender) {
    if (seam.isTorn(sender, answer.nextPosition())) {
      return true;
    }
    asked = true;
    askAgain();
    return false;
  }

  /** Asks the owner for everything from the first missing position on. */
  void askAgain() {
    if (owner != null) {
      owner.send(command().setResendFrom(answer.nextPosition()).build());
      confirmed = answer.nextPosition();
    }
  }

  /** Moves the limit in steps of a quarter window: one command per many tokens. */
  void consumed(int position) {
    int most = answer.maxOutputTokens();
    int wanted = (int) Math.min((long) position + window, most);
    if (wanted - allowed >= Math.max(1, window / 4) || (wanted == most && wanted > allowed)) {
      allowed = wanted;
      if (owner != null && !answer.isOver()) {
        owner.send(command().setAllowUntil(allowed).build());
      }
    }
  }

  /** Tells the owner, now or when there is one; false when the job is over or was cancelled. */
  boolean cancel(String reason) {
    if (answer.isOver() || cancelReason != null) {
      return false;
    }
    cancelReason = reason;
    sendCancel();
    return true;
  }

  private void sendCancel() {
    if (owner != null && cancelReason != null) {
      owner.send(command().setCancel(Cancelled.newBuilder().setReason(cancelReason)).build());
    }
  }

  private RelayResponse.Builder command() {
    return RelayResponse.newBuilder().setJobId(Wire.bytes(job));
  }
}
