package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.EdgeConfig;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.MutinyEmitter;
import io.smallrye.reactive.messaging.kafka.Record;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import org.eclipse.microprofile.reactive.messaging.Channel;
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

  /** Completes when the broker has it on all replicas; else UNAVAILABLE. */
  Uni<Void> publish(byte[] modelId, byte[] record) {
    return Uni.createFrom()
        .deferred(() -> log.send(Record.of(modelId, record)))
        .ifNoItem()
        .after(config.timeouts().publish())
        .fail()
        .onFailure()
        .transform(
            cause ->
                new DGridException(
                    ErrorCode.UNAVAILABLE, "the job log does not answer", Map.of(), cause));
  }
}
