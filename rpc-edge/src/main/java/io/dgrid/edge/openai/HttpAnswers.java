package io.dgrid.edge.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.codec.Wire;
import io.vertx.core.http.HttpServerResponse;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** How answers leave: JSON with the right status, and every failure as an error object. */
@ApplicationScoped
class HttpAnswers {
  private static final Logger LOG = Logger.getLogger(HttpAnswers.class);
  private static final String DEFAULT_RETRY_MS = "1000";

  /** From now on there is a job that can be verified: its id goes with every answer. */
  void accepted(HttpServerResponse response, JobEvent event) {
    response.putHeader("x-dgrid-job-id", Wire.jobId(event.getJobId()).toString());
  }

  void json(HttpServerResponse response, int status, JsonNode body) {
    if (response.ended() || response.closed() || response.headWritten()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body.toString());
  }

  void fail(HttpServerResponse response, DGridException failure) {
    if (response.headWritten()) {
      return;
    }
    String job = failure.metadata().get("job_id");
    if (job != null) {
      response.putHeader("x-dgrid-job-id", job);
    }
    if (failure.retryable()) {
      String millis = failure.metadata().getOrDefault("retry_after_ms", DEFAULT_RETRY_MS);
      response.putHeader("retry-after-ms", millis);
      // The standard header knows whole seconds only.
      response.putHeader("retry-after", Long.toString((Long.parseLong(millis) + 999) / 1000));
    } else {
      // OpenAI's SDKs repeat 409 and 429 unless they are told not to.
      response.putHeader("x-should-retry", "false");
    }
    json(response, OpenAiErrors.status(failure.code()), OpenAiErrors.body(failure));
  }

  /** Anything thrown: what is not coded is logged here and told as INTERNAL. */
  void fail(HttpServerResponse response, Throwable failure) {
    if (failure instanceof DGridException coded) {
      fail(response, coded);
      return;
    }
    LOG.error("HTTP request failed", failure);
    fail(response, new DGridException(ErrorCode.INTERNAL, "internal error"));
  }
}
