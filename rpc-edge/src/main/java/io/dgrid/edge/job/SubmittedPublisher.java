package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.transport.codec.SubmissionHeader;
import io.dgrid.transport.trace.JobSpan;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.TracingMetadata;
import io.smallrye.reactive.messaging.kafka.Record;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/** Appends accepted jobs to {@code dgrid.job.v1.submitted}. */
@ApplicationScoped
class SubmittedPublisher {
  private final MutinyEmitter<Record<byte[], byte[]>> log;
  private final EdgeConfig config;

  SubmittedPublisher(
      @Channel("submitted") @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = 4096)
          MutinyEmitter<Record<byte[], byte[]>> log,
      EdgeConfig config) {
    this.log = log;
    this.config = config;
  }

  /**
   * Completes when the broker has it on all replicas; else UNAVAILABLE.
   *
   * @param key {@link io.dgrid.transport.codec.SubmissionKey}: where it goes
   * @param cause the step of the job's trace that this belongs to, wherever it runs
   */
  Uni<Void> publish(JobId job, byte[] key, byte[] record, JobSpan cause) {
    return Uni.createFrom()
        .deferred(() -> log.sendMessage(message(job, key, record, cause)))
        .ifNoItem()
        .after(config.timeouts().publish())
        .fail()
        .onFailure()
        .transform(
            failure ->
                new DGridException(
                    ErrorCode.UNAVAILABLE, "the job log does not answer", Map.of(), failure));
  }

  /** Whose record it is can be told even when its bytes cannot be read. */
  private static Message<Record<byte[], byte[]>> message(
      JobId job, byte[] key, byte[] record, JobSpan cause) {
    return Message.of(Record.of(key, record))
        .addMetadata(TracingMetadata.withCurrent(cause.context()))
        .addMetadata(
            OutgoingKafkaRecordMetadata.builder()
                .withHeaders(new RecordHeaders().add(SubmissionHeader.JOB_ID, job.toBytes()))
                .build());
  }
}
