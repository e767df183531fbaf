package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One job's state. */
@Command(name = "job", description = "Show a job's state.", mixinStandardHelpOptions = true)
final class JobCommand implements Callable<Integer> {
  private static final String STATE_PREFIX = "JOB_STATE_";

  private final Output output;

  @Mixin final Connection connection = new Connection();

  @Parameters(paramLabel = "JOB", description = "Job id.", converter = JobIds.class)
  @SuppressWarnings("NullAway.Init")
  JobId id;

  JobCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      Job job = connection.edge().job(id);
      if (connection.json) {
        output.json(json(job));
      } else {
        print(job);
      }
      return ExitCode.OK;
    }
  }

  private void print(Job job) {
    output.line("job       " + id);
    output.line("state     " + state(job));
    output.line("client    " + Wire.address(job.getClient(), "job.client"));
    output.line("model     " + Json.hex(job.getModelId()));
    output.line("accepted  " + Instant.ofEpochMilli(job.getAcceptedAt()));
    if (job.getFinishedAt() > 0) {
      output.line("finished  " + Instant.ofEpochMilli(job.getFinishedAt()));
    }
    output.line("attempts  " + job.getAttempts());
    output.line(
        "tokens    %d + %d"
            .formatted(job.getUsage().getInputTokens(), job.getUsage().getOutputTokens()));
    output.line("amount    " + Wire.amount(amount(job), "job.amount").display());
    job.getReceiptsList().forEach(r -> output.line("receipt   " + Json.hex(r)));
    if (job.hasFailure()) {
      output.line("failure   " + FailureCodec.fromWire(job.getFailure()).getMessage());
    }
  }

  private static String state(Job job) {
    return job.getState().name().replace(STATE_PREFIX, "");
  }

  private static String amount(Job job) {
    return job.getAmount().isEmpty() ? "0" : job.getAmount();
  }

  private static ObjectNode json(Job job) {
    ObjectNode out =
        Json.object()
            .put("jobId", Json.hex(job.getJobId()))
            .put("client", Json.hex(job.getClient()))
            .put("modelId", Json.hex(job.getModelId()))
            .put("state", state(job))
            .put("acceptedAt", job.getAcceptedAt())
            .put("finishedAt", job.getFinishedAt())
            .put("attempts", job.getAttempts())
            .put("amount", amount(job));
    out.putObject("usage")
        .put("inputTokens", job.getUsage().getInputTokens())
        .put("outputTokens", job.getUsage().getOutputTokens());
    var receipts = out.putArray("receipts");
    job.getReceiptsList().forEach(r -> receipts.add(Json.hex(r)));
    if (job.hasFailure()) {
      out.set("error", Json.error(FailureCodec.fromWire(job.getFailure())));
    }
    return out;
  }
}
