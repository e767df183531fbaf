package io.dgrid.edge.job;

import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is here of a job's answer: its events in order, tokens gap-free from position 0 on, then
 * exactly one terminal event. Whatever else comes is dropped, whoever brings it. Not thread-safe.
 */
final class Answer {
  /** How an event joins what is here. */
  enum Fit {
    /** It is the next one, perhaps after what is known of it was cut off. */
    TAKEN,
    /** Nothing in it is new. */
    KNOWN,
    /** Positions are missing before it. */
    EARLY,
    /** It begins with what is known and goes on with what is not, and cannot be cut between. */
    UNCUTTABLE,
    /** The terminal event is here. */
    OVER
  }

  private final int maxOutputTokens;
  private final List<JobEvent> events = new ArrayList<>();
  private int nextPosition;
  private boolean endsWithTextOnly;
  private boolean over;

  Answer(int maxOutputTokens) {
    this.maxOutputTokens = maxOutputTokens;
  }

  int maxOutputTokens() {
    return maxOutputTokens;
  }

  /** The first position of which no token is here. */
  int nextPosition() {
    return nextPosition;
  }

  boolean isOver() {
    return over;
  }

  /** Events that are here. */
  int size() {
    return events.size();
  }

  JobEvent event(int index) {
    return events.get(index);
  }

  /** Appends what is not terminal. */
  Fit append(JobEvent event) {
    if (over) {
      return Fit.OVER;
    }
    if (event.getEventCase() == EventCase.CHUNK) {
      return appendChunk(event, event.getChunk());
    }
    if (isRepeated(event)) {
      return Fit.KNOWN;
    }
    events.add(event);
    return Fit.TAKEN;
  }

  private Fit appendChunk(JobEvent event, Chunk chunk) {
    int first = chunk.getFirstPosition();
    int end = first + chunk.getTokenIdsCount();
    if (first < 0 || end > maxOutputTokens || end < first) {
      return Fit.KNOWN;
    }
    // A chunk without tokens only releases text that lagged behind.
    boolean repeatedText = first == end && end == nextPosition && endsWithTextOnly;
    if (end < nextPosition || (first < nextPosition && end == nextPosition) || repeatedText) {
      return Fit.KNOWN;
    }
    if (first > nextPosition) {
      return Fit.EARLY;
    }
    if (first < nextPosition) {
      Optional<Chunk> rest = ChunkRest.of(chunk, nextPosition);
      return rest.isPresent()
          ? appendChunk(event.toBuilder().setChunk(rest.get()).build(), rest.get())
          : Fit.UNCUTTABLE;
    }
    endsWithTextOnly = first == end;
    nextPosition = end;
    events.add(event);
    return Fit.TAKEN;
  }

  private boolean isRepeated(JobEvent event) {
    return event.getEventCase() != EventCase.ASSIGNED
        || events.stream()
            .anyMatch(
                e ->
                    e.getEventCase() == EventCase.ASSIGNED
                        && e.getAssigned().getAttempt() >= event.getAssigned().getAttempt());
  }

  /** Appends the terminal event; only the first one counts. */
  boolean end(JobEvent terminal) {
    if (over) {
      return false;
    }
    over = true;
    events.add(terminal);
    return true;
  }
}
