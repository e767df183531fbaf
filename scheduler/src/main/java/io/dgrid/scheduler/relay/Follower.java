package io.dgrid.scheduler.relay;

import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobQueued;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.scheduler.dispatch.JobCodec;
import io.dgrid.scheduler.dispatch.LiveJob;
import io.dgrid.scheduler.dispatch.WireChunk;
import io.dgrid.scheduler.job.Chunk;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.function.Predicate;

/** How far one edge has been told about one job. The owner's thread only. */
final class Follower {
  private final LiveJob job;
  private int from;
  private int confirmed;
  private int nextChunk;
  private int announcedAttempt;
  private boolean queuedSent;
  private boolean endSent;

  /**
   * @param from first position wanted
   */
  Follower(LiveJob job, int from) {
    this.job = job;
    this.from = from;
    attached(from);
  }

  LiveJob job() {
    return job;
  }

  /** The edge wants it from this position on, and may have forgotten what it had. */
  void attached(int position) {
    confirmed = position;
    restart(position);
  }

  /** A new stream knows nothing: it may lead to another process. */
  void reconnected() {
    queuedSent = false;
    endSent = false;
    announcedAttempt = 0;
    attached(from);
  }

  /** The edge has every token below this position. */
  void has(int position) {
    confirmed = Math.max(confirmed, position);
  }

  int confirmed() {
    return confirmed;
  }

  /** Sends again from this position on. */
  void restart(int position) {
    from = Math.min(from, position);
    List<Chunk> all = job.state().progress().transcript().chunks();
    nextChunk = all.size() - job.state().progress().transcript().from(position).size();
    endSent = false;
  }

  /** Sends what the edge has not seen, as far as the sink takes it; true when nothing is left. */
  boolean advance(Predicate<RelayRequest> sink) {
    if (!queuedSent && !sink.test(queued())) {
      return false;
    }
    queuedSent = true;
    List<Chunk> chunks = job.state().progress().transcript().chunks();
    while (nextChunk < chunks.size()) {
      WireChunk chunk = (WireChunk) chunks.get(nextChunk);
      if (!announce(chunk.attempt(), sink)
          || !sink.test(event(JobEvent.newBuilder().setChunk(chunk.wire())))) {
        return false;
      }
      nextChunk++;
    }
    if (job.state() instanceof JobState.Active active
        && active.attempt().durable()
        && !announce(active.attempt().number(), sink)) {
      return false;
    }
    if (job.ended() && !endSent && job.state() instanceof JobState.Terminal end) {
      JobEvent last = JobCodec.lastEvent(job.spec(), end);
      if (!sink.test(RelayRequest.newBuilder().setEvent(last).build())) {
        return false;
      }
      endSent = true;
    }
    return true;
  }

  private boolean announce(int attempt, Predicate<RelayRequest> sink) {
    if (attempt <= announcedAttempt) {
      return true;
    }
    Assigned assigned = job.assignments().get(attempt);
    if (assigned != null && !sink.test(event(JobEvent.newBuilder().setAssigned(assigned)))) {
      return false;
    }
    announcedAttempt = attempt;
    return true;
  }

  private RelayRequest queued() {
    return RelayRequest.newBuilder()
        .setQueued(JobQueued.newBuilder().setJobId(Wire.bytes(job.id())))
        .build();
  }

  private RelayRequest event(JobEvent.Builder event) {
    return RelayRequest.newBuilder().setEvent(event.setJobId(Wire.bytes(job.id()))).build();
  }
}
