package io.dgrid.scheduler.log;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.scheduler.dispatch.JobLog;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.trace.Traceparent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.utils.Utils;
import org.jboss.logging.Logger;

/**
 * Writes transitions and receipts. A write is tried until the broker has it; its own thread takes
 * the producer's blocking (metadata, full buffer) away from the owner's. What waits is bounded by
 * the live jobs, each of which has a handful of records.
 */
@Singleton
class JobPublisher implements JobLog {
  private static final Logger LOG = Logger.getLogger(JobPublisher.class);

  private final KafkaClients clients;
  private final Offsets offsets;
  private final Domain domain;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> Thread.ofPlatform().name("scheduler-publisher").daemon().unstarted(work));
  private KafkaProducer<byte[], byte[]> producer;
  private volatile int partitions = 8;
  private volatile boolean stopping;

  JobPublisher(KafkaClients clients, Offsets offsets, Domain domain) {
    this.clients = clients;
    this.offsets = offsets;
    this.domain = domain;
    producer = clients.producer();
  }

  @Override
  public CompletableFuture<?> append(int partition, JobTransition transition) {
    return write(
        new ProducerRecord<>(
            Topics.EVENTS,
            partition,
            transition.getJobId().toByteArray(),
            transition.toByteArray()));
  }

  @Override
  public CompletableFuture<?> file(IssuedReceipt receipt, String traceparent) {
    var record =
        new ProducerRecord<>(
            Topics.RECEIPTS,
            receipt.receipt().statement().hash(domain).toBytes(),
            ReceiptCodec.toWire(receipt).toByteArray());
    if (!traceparent.isEmpty()) {
      record.headers().add(Traceparent.NAME, Traceparent.bytes(traceparent));
    }
    return write(record);
  }

  @Override
  public void settled(int partition, long offset) {
    offsets.settled(partition, offset);
  }

  @Override
  public int partitionOf(ModelId model) {
    // The default partitioner of the edges' producers.
    return Utils.toPositive(Utils.murmur2(model.toBytes())) % partitions;
  }

  void partitions(int count) {
    partitions = count;
  }

  private CompletableFuture<?> write(ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    attempt(record, written);
    return written;
  }

  private void attempt(ProducerRecord<byte[], byte[]> record, CompletableFuture<Void> written) {
    try {
      thread.execute(() -> send(record, written));
    } catch (RejectedExecutionException closed) {
      LOG.debug("write dropped at the end of the process; its job is taken up again from the log");
    }
  }

  private void send(ProducerRecord<byte[], byte[]> record, CompletableFuture<Void> written) {
    if (stopping) {
      return;
    }
    try {
      producer.send(
          record,
          (done, failure) -> {
            if (failure == null) {
              written.complete(null);
            } else {
              retry(record, written, failure);
            }
          });
    } catch (RuntimeException refused) {
      retry(record, written, refused);
    }
  }

  private void retry(
      ProducerRecord<byte[], byte[]> record, CompletableFuture<Void> written, Exception failure) {
    if (failure instanceof RecordTooLargeException || stopping) {
      written.completeExceptionally(failure);
      return;
    }
    LOG.warnf("write to %s failed and is tried again: %s", record.topic(), failure.toString());
    CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS)
        .execute(() -> attempt(record, written));
  }

  @PreDestroy
  void close() {
    thread.shutdown();
    try {
      thread.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    stopping = true;
    producer.close(Duration.ofSeconds(3));
  }
}
