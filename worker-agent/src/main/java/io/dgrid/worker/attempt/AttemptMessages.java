package io.dgrid.worker.attempt;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.worker.v1.AttemptChunk;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.RunningAttempt;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.util.Arrays;

/** What the worker says of an attempt, as the session carries it. */
final class AttemptMessages {
  private final AttemptRunner runner;

  AttemptMessages(AttemptRunner runner) {
    this.runner = runner;
  }

  SessionRequest chunk(Attempt attempt, AttemptOutput.Slice slice) {
    Chunk.Builder chunk =
        Chunk.newBuilder()
            .setAttempt(attempt.key.attempt())
            .setFirstPosition(slice.firstPosition())
            .setText(slice.text());
    for (int i = 0; i < slice.ids().length; i++) {
      chunk.addTokenIds(slice.ids()[i]).addLogprobs(slice.logprobs()[i]);
    }
    if (slice.ids().length > 1) {
      Arrays.stream(slice.released()).forEach(chunk::addReleased);
    }
    if (attempt.accepted != null && attempt.accepted.tokenBytes()) {
      for (byte[] bytes : runner.tokenBytes(slice.ids())) {
        chunk.addTokenBytes(ByteString.copyFrom(bytes));
      }
    }
    return SessionRequest.newBuilder()
        .setChunk(
            AttemptChunk.newBuilder().setJobId(Wire.bytes(attempt.key.jobId())).setChunk(chunk))
        .build();
  }

  RunningAttempt running(Attempt attempt) {
    RunningAttempt.Builder running =
        RunningAttempt.newBuilder()
            .setJobId(Wire.bytes(attempt.key.jobId()))
            .setModelId(Wire.bytes(runner.model()))
            .setAttempt(attempt.key.attempt())
            .setFirstPosition(attempt.output.firstPosition())
            .setNextPosition(attempt.output.nextPosition());
    attempt.partition.ifPresent(running::setPartition);
    return running.build();
  }

  static SessionRequest result(AttemptResult result) {
    return SessionRequest.newBuilder().setResult(result).build();
  }

  static AttemptResult failed(Attempt attempt, DGridException failure) {
    return attempt.result().setFailure(FailureCodec.toWire(failure)).build();
  }
}
