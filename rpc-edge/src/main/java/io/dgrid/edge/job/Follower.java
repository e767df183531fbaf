package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One reader's place in an answer. It is offered `accepted`, then every event from its token
 * position on, as fast as it takes them. Not thread-safe.
 */
final class Follower {
  private final JobReader reader;
  private final JobEvent accepted;
  private final Answer answer;
  private final int from;
  private final Consumer<Follower> leaves;
  private int position;
  private int next = -1;
  private boolean advancing;
  private boolean left;

  /**
   * @param from first token position that it wants
   * @param leaves told before the reader hears that there is nothing more for it
   */
  Follower(
      JobReader reader, JobEvent accepted, Answer answer, int from, Consumer<Follower> leaves) {
    this.reader = reader;
    this.accepted = accepted;
    this.answer = answer;
    this.from = from;
    this.position = from;
    this.leaves = leaves;
  }

  JobReader reader() {
    return reader;
  }

  /** After the last token that it was given. */
  int position() {
    return position;
  }

  /** It is offered nothing any more. */
  void leave() {
    left = true;
  }

  /**
   * Offers what is here until the reader is full, done or gone.
   *
   * @return false when a call is under way already, from inside which this one came: that goes on
   * @throws RuntimeException what the reader throws
   */
  boolean advance() {
    if (advancing || left) {
      return false;
    }
    advancing = true;
    try {
      while (!left && step()) {}
    } finally {
      advancing = false;
    }
    return true;
  }

  /** Offers the next event; false when there is none, the reader is full, or it is done. */
  private boolean step() {
    if (next == answer.size()) {
      return false;
    }
    JobEvent event = next < 0 ? accepted : answer.event(next);
    if (!(event.getEventCase() == EventCase.CHUNK ? offerChunk(event) : reader.offer(event))) {
      return false;
    }
    next++;
    if (answer.isOver() && next == answer.size()) {
      leaves.accept(this);
      reader.complete();
      return false;
    }
    return true;
  }

  private boolean offerChunk(JobEvent event) {
    Chunk chunk = event.getChunk();
    int first = chunk.getFirstPosition();
    int end = first + chunk.getTokenIdsCount();
    if (end <= from && first < from) {
      return true;
    }
    Optional<Chunk> rest = ChunkRest.of(chunk, from);
    if (rest.isEmpty() && first < from) {
      leaves.accept(this);
      reader.fail(
          new DGridException(
              ErrorCode.INVALID_REQUEST,
              "next_sequence lies inside a chunk; ask from position " + first));
      return false;
    }
    JobEvent offered = rest.map(r -> event.toBuilder().setChunk(r).build()).orElse(event);
    if (!reader.offer(offered)) {
      return false;
    }
    position = end;
    return true;
  }
}
