package io.dgrid.edge.job;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.transport.codec.Wire;
import java.util.Optional;

/** Jobs as queries see them. */
final class JobViews {
  private JobViews() {}

  static Job of(JobRow row, Optional<JobStream> stream, Domain domain) {
    Job.Builder job =
        Job.newBuilder()
            .setJobId(Wire.bytes(JobId.fromHex(row.jobId)))
            .setClient(Wire.bytes(Address.fromHex(row.client)))
            .setModelId(Wire.bytes(ModelId.fromHex(row.modelId)))
            .setState(row.state.wire())
            .setAcceptedAt(row.acceptedAt)
            .setFinishedAt(row.finishedAt)
            .setAttempts(row.attempts)
            .setAmount(new TokenAmount(row.amount).toString());
    if (!row.state.isTerminal()) {
      int delivered = stream.map(JobStream::nextPosition).orElse(0);
      return job.setUsage(
              Usage.newBuilder().setInputTokens(row.inputTokens).setOutputTokens(delivered))
          .build();
    }
    JobEvent terminal = Terminals.parse(row.terminal);
    job.setUsage(Terminals.usage(terminal));
    Terminals.validReceipts(terminal, row, domain, new SignerCache(0)).stream()
        .map(receipt -> Wire.bytes(receipt.receipt().statement().hash(domain)))
        .forEach(job::addReceipts);
    if (terminal.hasFailed()) {
      job.setFailure(terminal.getFailed().getFailure());
    }
    return job.build();
  }
}
