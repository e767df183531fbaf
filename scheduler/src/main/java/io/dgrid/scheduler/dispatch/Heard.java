package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.OpenReply;
import io.dgrid.proto.worker.v1.ScoreReply;
import io.dgrid.scheduler.job.Result;
import java.util.Optional;
import java.util.OptionalInt;

/** What a worker said in its open session, checked. */
public sealed interface Heard {

  record State(WorkerReport report) implements Heard {}

  record Piece(JobId job, WireChunk chunk) implements Heard {}

  /**
   * @param model of the job; empty when neither the result nor a gateway names it
   * @param partition of the job, as its assignment said
   */
  record Outcome(
      JobId job, int attempt, Optional<ModelId> model, OptionalInt partition, Result result)
      implements Heard {
    public Outcome about(Optional<ModelId> known) {
      return model.isPresent() ? this : new Outcome(job, attempt, known, partition, result);
    }
  }

  record Opened(OpenReply reply) implements Heard {}

  record Scored(ScoreReply reply) implements Heard {}
}
