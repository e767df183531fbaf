package io.dgrid.scheduler.log;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.JobLog;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.trace.Traceparent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes transitions and receipts, each partition through a writer of its own that is open while
 * this instance owns it. What waits is bounded by the live jobs, each of which has a handful of
 * records.
 */
@Singleton
class JobPublisher implements JobLog {
  private static final Duration OPENING = Duration.ofMinutes(1);
  private static final Duration CLOSING = Duration.ofSeconds(3);

  private final KafkaClients clients;
  private final Offsets offsets;
  private final Domain domain;
  private final SchedulerMetrics metrics;
  private final String group;
  private final Map<Integer, PartitionWriter> writers = new ConcurrentHashMap<>();
  private volatile int partitions = 8;

  JobPublisher(
      KafkaClients clients,
      Offsets offsets,
      Domain domain,
      SchedulerConfig config,
      SchedulerMetrics metrics) {
    this.clients = clients;
    this.offsets = offsets;
    this.domain = domain;
    this.metrics = metrics;
    group = config.log().group();
  }

  /**
   * From its return on, the broker refuses every older owner of these partitions, and all that an
   * older owner has committed can be read.
   *
   * @param lost told, once, of a partition whose writes are refused from then on
   * @throws RuntimeException when the broker does not answer within a minute
   */
  void takeOver(Collection<Integer> taken, IntConsumer lost) {
    List<CompletableFuture<Void>> opening = new ArrayList<>();
    for (int partition : taken) {
      PartitionWriter writer =
          new PartitionWriter(partition, () -> clients.writer(group, partition), watcher(lost));
      abandon(writers.put(partition, writer));
      opening.add(writer.open());
    }
    try {
      CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new))
          .orTimeout(OPENING.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException failure) {
      taken.forEach(partition -> abandon(writers.remove(partition)));
      throw failure;
    }
  }

  private static void abandon(@Nullable PartitionWriter writer) {
    if (writer != null) {
      writer.abandon();
    }
  }

  /** Waits up to 3 s for what is being written, then gives the rest up. */
  void release(Collection<Integer> released) {
    List<PartitionWriter> ending =
        released.stream().map(writers::remove).filter(Objects::nonNull).toList();
    ending.forEach(PartitionWriter::seal);
    long deadline = System.nanoTime() + CLOSING.toNanos();
    try {
      for (PartitionWriter writer : ending) {
        long left = Math.max(0, deadline - System.nanoTime());
        if (!writer.awaitEnd(Duration.ofNanos(left))) {
          writer.abandon();
        }
      }
    } catch (InterruptedException interrupted) {
      ending.forEach(PartitionWriter::abandon);
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public CompletableFuture<Outcome> write(int partition, List<Entry> entries) {
    PartitionWriter writer = writers.get(partition);
    return writer == null
        ? CompletableFuture.completedFuture(Outcome.NOT_OWNER)
        : writer.write(entries.stream().map(entry -> record(partition, entry)).toList());
  }

  @Override
  public void settled(int partition, long offset) {
    offsets.settled(partition, offset);
  }

  @Override
  public int partitions() {
    return partitions;
  }

  void partitions(int count) {
    partitions = count;
  }

  private ProducerRecord<byte[], byte[]> record(int partition, Entry entry) {
    return switch (entry) {
      case Transition written -> transition(partition, written.transition());
      case Filed filed -> receipt(filed.receipt(), filed.traceparent());
    };
  }

  private static ProducerRecord<byte[], byte[]> transition(
      int partition, JobTransition transition) {
    return new ProducerRecord<>(
        Topics.EVENTS, partition, transition.getJobId().toByteArray(), transition.toByteArray());
  }

  private ProducerRecord<byte[], byte[]> receipt(IssuedReceipt receipt, String traceparent) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            Topics.RECEIPTS,
            receipt.receipt().statement().hash(domain).toBytes(),
            ReceiptCodec.toWire(receipt).toByteArray());
    if (!traceparent.isEmpty()) {
      record.headers().add(Traceparent.NAME, Traceparent.bytes(traceparent));
    }
    return record;
  }

  private PartitionWriter.Watcher watcher(IntConsumer lost) {
    return new PartitionWriter.Watcher() {
      @Override
      public void committed(int writes, Duration took) {
        metrics.committed(writes, took);
      }

      @Override
      public void lost(int partition) {
        metrics.fenced();
        lost.accept(partition);
      }
    };
  }

  @PreDestroy
  void close() {
    release(Set.copyOf(writers.keySet()));
  }
}
