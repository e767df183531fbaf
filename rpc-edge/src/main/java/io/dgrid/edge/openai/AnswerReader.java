package io.dgrid.edge.openai;

import io.dgrid.core.error.DGridException;
import io.dgrid.edge.job.JobReader;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.error.FailureCodec;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.List;

/** Collects a whole answer; bounded by the job's output limit. */
final class AnswerReader implements JobReader {
  private final HttpServerResponse response;
  private final AnswerFormat format;
  private final HttpAnswers answers;
  private final List<Chunk> chunks = new ArrayList<>();

  AnswerReader(HttpServerResponse response, AnswerFormat format, HttpAnswers answers) {
    this.response = response;
    this.format = format;
    this.answers = answers;
  }

  @Override
  public boolean offer(JobEvent event) {
    switch (event.getEventCase()) {
      case CHUNK -> chunks.add(event.getChunk());
      case COMPLETED -> answers.json(response, 200, format.whole(chunks, event.getCompleted()));
      case FAILED -> answers.fail(response, FailureCodec.fromWire(event.getFailed().getFailure()));
      case ACCEPTED -> answers.accepted(response, event);
      case ASSIGNED, EVENT_NOT_SET -> {}
    }
    return true;
  }

  @Override
  public boolean drained() {
    return true;
  }

  @Override
  public void onDrained(Runnable action) {
    // Never full.
  }

  @Override
  public boolean canResume() {
    return false;
  }

  @Override
  public void complete() {
    // The answer went out with the terminal event.
  }

  @Override
  public void fail(DGridException failure) {
    answers.fail(response, failure);
  }
}
