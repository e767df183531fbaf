package io.dgrid.scheduler.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.scheduler.dispatch.History;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Reads what the events of one partition say about its jobs, up to now. */
final class Replay {
  private static final Logger LOG = Logger.getLogger(Replay.class);

  /** Clocks of edges and brokers may differ by this much. */
  private static final Duration SKEW = Duration.ofMinutes(1);

  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaClients clients;
  private final Duration memory;

  Replay(KafkaClients clients, Duration memory) {
    this.clients = clients;
    this.memory = memory;
  }

  /**
   * @param from first submission that may still be live
   */
  History read(int partition, long from, long now) {
    History history = new History();
    try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
      long start = Math.min(oldest(reader, partition, from, now), now - memory.toMillis());
      TopicPartition events = new TopicPartition(Topics.EVENTS, partition);
      reader.assign(List.of(events));
      long end = reader.endOffsets(List.of(events)).get(events);
      Optional<OffsetAndTimestamp> found =
          Optional.ofNullable(
              reader.offsetsForTimes(Map.of(events, Math.max(0, start))).get(events));
      if (found.isEmpty()) {
        return history;
      }
      reader.seek(events, found.get().offset());
      while (reader.position(events) < end) {
        reader.poll(POLL).forEach(record -> add(history, record));
      }
    }
    return history;
  }

  /** When the first submission that may be live was written. */
  private static long oldest(
      KafkaConsumer<byte[], byte[]> reader, int partition, long from, long now) {
    TopicPartition submitted = new TopicPartition(Topics.SUBMITTED, partition);
    reader.assign(List.of(submitted));
    long end = reader.endOffsets(List.of(submitted)).get(submitted);
    if (from >= end) {
      return now;
    }
    reader.seek(submitted, from);
    while (reader.position(submitted) < end) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
        return record.timestamp() - SKEW.toMillis();
      }
    }
    return now;
  }

  private static void add(History history, ConsumerRecord<byte[], byte[]> record) {
    try {
      history.add(JobTransition.parseFrom(record.value()));
    } catch (InvalidProtocolBufferException | DGridException | NullPointerException poison) {
      LOG.warnf(
          "event %d-%d is malformed and skipped: %s",
          record.partition(), record.offset(), poison.getMessage());
    }
  }
}
