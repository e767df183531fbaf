package io.dgrid.edge.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.dgrid.core.error.DGridException;
import io.dgrid.edge.job.JobReader;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.error.FailureCodec;
import io.vertx.core.http.HttpServerResponse;

/**
 * Server-sent events at the client's pace. The head is sent with the first token, so that a job
 * that fails before has its proper status; a failure after that is an error event and no {@code
 * [DONE]}.
 */
final class SseReader implements JobReader {
  private static final int WRITE_QUEUE_BYTES = 8 * 1024;

  private final HttpServerResponse response;
  private final OpenAiRequest request;
  private final AnswerFormat format;
  private final HttpAnswers answers;
  private boolean started;
  private boolean failed;

  SseReader(
      HttpServerResponse response,
      OpenAiRequest request,
      AnswerFormat format,
      HttpAnswers answers) {
    this.response = response;
    this.request = request;
    this.format = format;
    this.answers = answers;
    response.setWriteQueueMaxSize(WRITE_QUEUE_BYTES);
  }

  @Override
  public boolean offer(JobEvent event) {
    if (isGone()) {
      return true;
    }
    if (response.writeQueueFull()) {
      return false;
    }
    switch (event.getEventCase()) {
      case CHUNK -> chunk(event.getChunk());
      case COMPLETED -> finish(event.getCompleted());
      case FAILED -> fail(FailureCodec.fromWire(event.getFailed().getFailure()));
      case ACCEPTED -> answers.accepted(response, event);
      case ASSIGNED, EVENT_NOT_SET -> {}
    }
    return true;
  }

  @Override
  public boolean drained() {
    return isGone() || !response.writeQueueFull();
  }

  @Override
  public void onDrained(Runnable action) {
    response.drainHandler(ignored -> action.run());
  }

  @Override
  public boolean canResume() {
    return false;
  }

  @Override
  public void complete() {
    if (!failed && !isGone()) {
      response.end();
    }
  }

  @Override
  public void fail(DGridException failure) {
    failed = true;
    if (!started) {
      answers.fail(response, failure);
      return;
    }
    if (!isGone()) {
      write(OpenAiErrors.body(failure));
      response.end();
    }
  }

  /** Ended, or its connection is: what is offered then goes nowhere. */
  private boolean isGone() {
    return response.ended() || response.closed();
  }

  private void chunk(Chunk chunk) {
    start();
    if (!chunk.getText().isEmpty() || (request.logprobs() && chunk.getTokenIdsCount() > 0)) {
      write(format.chunk(chunk));
    }
  }

  private void finish(Completed end) {
    start();
    write(format.finishChunk(end));
    if (request.includeUsage()) {
      write(format.usageChunk(end));
    }
    response.write("data: [DONE]\n\n");
  }

  private void start() {
    if (started) {
      return;
    }
    started = true;
    response
        .setStatusCode(200)
        .putHeader("content-type", "text/event-stream; charset=utf-8")
        .putHeader("cache-control", "no-cache")
        .putHeader("x-accel-buffering", "no")
        .setChunked(true);
    if (request.chat()) {
      write(format.roleChunk());
    }
  }

  private void write(JsonNode json) {
    response.write("data: " + json + "\n\n");
  }
}
