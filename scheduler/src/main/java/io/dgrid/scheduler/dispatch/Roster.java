package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.job.Result;
import io.dgrid.scheduler.job.WorkerId;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The connected workers and their leases. The owner's thread only. */
@Singleton
class Roster {
  /**
   * A worker has at most this many results waiting for their jobs; it repeats them when it returns.
   */
  private static final int MOST_PARKED = 1024;

  private final TreeMap<WorkerId, Connected> workers = new TreeMap<>();
  private long lastCall;

  /** A result whose job is still being read from the log. */
  record Parked(int attempt, Result result) {}

  /** A worker with an open session. */
  static final class Connected {
    private final WorkerLink link;
    private final Map<Long, CompletableFuture<?>> calls = new HashMap<>();
    private final Set<LiveJob> serving = new LinkedHashSet<>();
    private final Map<JobId, Parked> parked = new HashMap<>();
    private WorkerReport report = WorkerReport.NONE;
    private long lastSeen;
    private boolean full;
    private boolean waitedFor;

    private Connected(WorkerLink link, long now) {
      this.link = link;
      this.lastSeen = now;
    }

    WorkerLink link() {
      return link;
    }

    WorkerReport report() {
      return report;
    }

    /** Jobs whose current attempt this worker holds. */
    Set<LiveJob> serving() {
      return serving;
    }

    void heard(WorkerReport newest, long now) {
      report = newest;
      lastSeen = now;
      full = false;
    }

    /** It refused an assignment: what it stated no longer holds. */
    void declined() {
      full = true;
    }

    /** Whether jobs here wait for it; true when that is news. */
    boolean waitedFor(boolean newest) {
      boolean changed = waitedFor != newest;
      waitedFor = newest;
      return changed;
    }

    void park(JobId job, Parked result) {
      if (parked.size() < MOST_PARKED) {
        parked.put(job, result);
      }
    }

    Optional<Parked> unpark(JobId job) {
      return Optional.ofNullable(parked.remove(job));
    }

    boolean send(SessionResponse message) {
      return link.send(message);
    }

    /**
     * Slots it stated, less the assignments it did not know of when it stated them. Never negative.
     */
    int credit() {
      if (report.draining() || full) {
        return 0;
      }
      return (int) Math.max(0, report.freeSlots() - unstated());
    }

    /** Attempts it was given and has not stated. */
    long unstated() {
      return serving.stream()
          .filter(job -> job.attemptsOf(link.id()).anyMatch(n -> !report.runs(job.id(), n)))
          .count();
    }
  }

  /** Puts the worker on the list; gives back a session of the same worker that it replaces. */
  Optional<WorkerLink> join(WorkerLink link, long now) {
    Connected before = workers.put(link.id(), new Connected(link, now));
    if (before == null) {
      return Optional.empty();
    }
    failCalls(before);
    return Optional.of(before.link);
  }

  /** False when the session was replaced already: then nothing is lost. */
  boolean leave(WorkerLink link) {
    Connected connected = workers.get(link.id());
    if (connected == null || connected.link != link) {
      return false;
    }
    workers.remove(link.id());
    failCalls(connected);
    return true;
  }

  Optional<Connected> find(WorkerId id) {
    return Optional.ofNullable(workers.get(id));
  }

  /** The session if it is still the worker's current one. */
  Optional<Connected> current(WorkerLink link) {
    return find(link.id()).filter(connected -> connected.link == link);
  }

  Collection<Connected> all() {
    return workers.values();
  }

  /** Those that dialled this instance. */
  Stream<Connected> direct() {
    return workers.values().stream().filter(worker -> worker.link().isDirect());
  }

  /** Those that were silent since before the moment. */
  List<Connected> silentSince(long moment) {
    List<Connected> silent = new ArrayList<>();
    for (Connected connected : workers.values()) {
      if (connected.lastSeen < moment) {
        silent.add(connected);
      }
    }
    return silent;
  }

  /** A number for a question, whose answer completes the future. */
  long register(Connected worker, CompletableFuture<?> answer) {
    long call = ++lastCall;
    worker.calls.put(call, answer);
    answer.whenComplete((result, failure) -> worker.calls.remove(call));
    return call;
  }

  /** The question the worker answers; empty when it was given up. */
  Optional<CompletableFuture<?>> answered(Connected worker, long call) {
    return Optional.ofNullable(worker.calls.remove(call));
  }

  private static void failCalls(Connected worker) {
    DGridException gone = new DGridException(ErrorCode.UNAVAILABLE, "the worker's session ended");
    List.copyOf(worker.calls.values()).forEach(call -> call.completeExceptionally(gone));
  }
}
