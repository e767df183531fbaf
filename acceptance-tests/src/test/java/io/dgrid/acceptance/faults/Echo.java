package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Fault.Repeat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes records of a topic once more, where they were and as they were, as a producer does that
 * never heard of its success. Within a partition an older record then follows a newer one.
 */
final class Echo {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int THOUSAND = 1_000;

  private final String bootstrapServers;

  Echo(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /** How many it wrote, when all of them are in the log. */
  int repeat(Repeat wanted) {
    List<ConsumerRecord<byte[], byte[]>> records = read(wanted);
    if (wanted.order() != 0) {
      Collections.shuffle(records, new Random(wanted.order()));
    }
    write(records);
    return records.size();
  }

  private List<ConsumerRecord<byte[], byte[]>> read(Repeat wanted) {
    var deserializer = new ByteArrayDeserializer();
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (var consumer = new KafkaConsumer<>(settings, deserializer, deserializer)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(wanted.topic().topic()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      for (TopicPartition partition : partitions) {
        long begin = begins.get(partition);
        long end = ends.get(partition);
        long newest = Math.max(begin, end - wanted.count());
        long from = Math.min(newest, begin + (end - begin) * wanted.from() / THOUSAND);
        consumer.assign(List.of(partition));
        consumer.seek(partition, from);
        records.addAll(read(consumer, partition, Math.min(end, from + wanted.count())));
      }
    }
    return records;
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(
      KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long until) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(partition) < until) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (record.offset() < until) {
          records.add(record);
        }
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("cannot read " + partition + " up to " + until);
      }
    }
    return records;
  }

  private void write(List<ConsumerRecord<byte[], byte[]>> records) {
    var serializer = new ByteArraySerializer();
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ProducerConfig.ACKS_CONFIG,
            "all");
    try (var producer = new KafkaProducer<>(settings, serializer, serializer)) {
      List<Future<?>> sent = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> record : records) {
        sent.add(
            producer.send(
                new ProducerRecord<>(
                    record.topic(),
                    record.partition(),
                    record.timestamp(),
                    record.key(),
                    record.value(),
                    record.headers())));
      }
      for (Future<?> each : sent) {
        each.get();
      }
    } catch (ExecutionException refused) {
      throw new AssertionError("the broker takes no repeated record", refused.getCause());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
