package io.dgrid.benchmarks.load;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** One record after the other: written with acks=all, and read again; or in transactions. */
final class KafkaLoop {
  private static final String TOPIC = "dgrid.benchmark.loop";

  private final String broker;

  KafkaLoop(String broker) {
    this.broker = broker;
  }

  Latencies run(int records) throws ExecutionException, InterruptedException {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", broker, "acks", "all", "linger.ms", 0);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
    Latencies latencies = new Latencies();
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(TOPIC, 0)));
      byte[] value = new byte[1024];
      // The first tenth warms up.
      for (int i = -records / 10; i < records; i++) {
        long begin = System.nanoTime();
        producer.send(new ProducerRecord<>(TOPIC, value));
        while (consumer.poll(Duration.ofSeconds(1)).isEmpty()) {
          Thread.onSpinWait();
        }
        long took = System.nanoTime() - begin;
        if (i >= 0) {
          latencies.add(took, took, 0);
        }
      }
    }
    return latencies;
  }

  /** One record a transaction, until its commit is answered; the topic is there from the loop. */
  Latencies transactions(int records) {
    Latencies latencies = new Latencies();
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            broker,
            "transactional.id",
            TOPIC,
            "retry.backoff.ms",
            20,
            "linger.ms",
            0);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      byte[] value = new byte[1024];
      for (int i = -records / 10; i < records; i++) {
        long begin = System.nanoTime();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, value));
        producer.commitTransaction();
        long took = System.nanoTime() - begin;
        if (i >= 0) {
          latencies.add(took, took, 0);
        }
      }
    }
    return latencies;
  }
}
