package io.dgrid.scheduler.peer;

import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.scheduler.dispatch.WorkerReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What each owner hears of one worker: its newest state, with the free slots that this owner may
 * give away. It hears it again when others leave it more of them. The owner's thread only.
 */
final class Statements {
  private final Surroundings around;
  private final Audience audience;
  private final Slots slots;
  private final Map<String, Integer> told = new HashMap<>();
  private Optional<Stated> newest = Optional.empty();
  private long wakesAt = Long.MAX_VALUE;
  private boolean closed;

  private record Stated(SessionRequest wire, WorkerReport report) {}

  /** Brings a state to an owner. */
  interface Audience {
    void hear(String owner, SessionRequest wire, WorkerReport report);
  }

  Statements(Surroundings around, Audience audience, Duration firstRefusal) {
    this.around = around;
    this.audience = audience;
    slots = new Slots(firstRefusal);
  }

  void owners(Map<Integer, String> byPartition) {
    slots.owners(byPartition, around.now());
  }

  /** The worker's own word; whom it concerns is told by {@link #tell}. */
  void stated(SessionRequest wire, WorkerReport report) {
    newest = Optional.of(new Stated(wire, report));
    slots.stated(report, around.now());
    watch();
  }

  void tell(String owner) {
    newest.ifPresent(
        state -> {
          int free = slots.toldTo(owner);
          told.put(owner, free);
          audience.hear(
              owner, withFreeSlots(state.wire(), free), state.report().withFreeSlots(free));
        });
  }

  /** Whether jobs of the owner wait for the worker. */
  void waiting(String owner, boolean waiting) {
    slots.waiting(owner, waiting, around.now());
    tellAgain();
  }

  /** Its stream broke: what it has said does not count any more. */
  void lost(String owner) {
    slots.lost(owner, around.now());
    tellAgain();
  }

  /** It hears nothing any more. */
  void left(String owner) {
    told.remove(owner);
    lost(owner);
  }

  /** The owner writes the grant of an attempt: its assignment follows. */
  void granting(AttemptKey attempt, String owner) {
    if (slots.granting(attempt, owner, around.now())) {
      tellAgain();
    }
  }

  /** False when there is no slot for an attempt of this owner. */
  boolean take(AttemptKey attempt, String owner) {
    boolean taken = slots.take(attempt, owner, around.now());
    if (!taken) {
      // It takes the worker for full until it hears of it again, whatever that says.
      told.replace(owner, -1);
    } else {
      tellAgain();
    }
    return taken;
  }

  void over(AttemptKey attempt) {
    slots.over(attempt, around.now());
    watch();
  }

  void close() {
    closed = true;
  }

  private void tellAgain() {
    List.copyOf(told.entrySet()).stream()
        .filter(each -> slots.isSharedWith(each.getKey()))
        .filter(each -> each.getValue() != slots.toldTo(each.getKey()))
        .forEach(each -> tell(each.getKey()));
    watch();
  }

  /** Wakes up when a slot has been kept for somebody long enough. */
  private void watch() {
    long now = around.now();
    long at = slots.lapsesAt().orElse(Long.MAX_VALUE);
    if (at < wakesAt) {
      wakesAt = at;
      around.after(Duration.ofMillis(Math.max(0, at - now)), () -> wake(at));
    }
  }

  private void wake(long at) {
    if (closed || at != wakesAt) {
      return;
    }
    wakesAt = Long.MAX_VALUE;
    if (slots.lapse(around.now())) {
      around.lapsed();
      tellAgain();
    }
    watch();
  }

  private static SessionRequest withFreeSlots(SessionRequest state, int free) {
    return state.getState().getFreeSlots() == free
        ? state
        : SessionRequest.newBuilder()
            .setState(state.getState().toBuilder().setFreeSlots(free))
            .build();
  }
}
