package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.JobEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reader whose speed the test decides. */
final class FakeReader implements JobReader {
  final List<JobEvent> events = new ArrayList<>();
  int room = Integer.MAX_VALUE;
  boolean resumable = true;
  boolean completed;
  boolean breaks;
  @Nullable DGridException failure;
  private Runnable drained = () -> {};

  @Override
  public boolean offer(JobEvent event) {
    if (breaks) {
      throw new IllegalStateException("broken reader");
    }
    if (room == 0) {
      return false;
    }
    room--;
    events.add(event);
    return true;
  }

  @Override
  public boolean drained() {
    return room > 0;
  }

  @Override
  public void onDrained(Runnable action) {
    drained = action;
  }

  @Override
  public void complete() {
    completed = true;
  }

  @Override
  public void fail(DGridException reason) {
    failure = reason;
  }

  void read(int more) {
    room = more;
    drained.run();
  }

  List<Integer> positions() {
    return events.stream()
        .filter(JobEvent::hasChunk)
        .map(e -> e.getChunk().getFirstPosition())
        .toList();
  }

  @Override
  public boolean canResume() {
    return resumable;
  }
}
