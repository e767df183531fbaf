package io.dgrid.local.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.local.testing.LocalBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class EmbeddedBrokerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String TOPIC = Topics.JOB_EVENTS.topic();

  @Test
  void acknowledgedRecordsSurviveKillAndRestartWithTheSameClients() throws Exception {
    try (var broker = LocalBroker.startProcess();
        var producer = producer(broker)) {
      send(producer, "before");

      broker.process().kill9();
      broker.process().start();
      broker.process().awaitReady();
      send(producer, "after");

      assertThat(consume(broker, 2)).containsExactly("before", "after");
    }
  }

  @Test
  void createsEveryTopicOnceWithItsPartitionsAndRetention() throws Exception {
    try (var broker = LocalBroker.start()) {
      Topics.createMissing(broker.bootstrapServers());

      try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
        for (Topics topic : Topics.values()) {
          var description =
              admin
                  .describeTopics(List.of(topic.topic()))
                  .allTopicNames()
                  .get(20, TimeUnit.SECONDS);
          assertThat(description.get(topic.topic()).partitions()).hasSize(topic.partitions());
        }
      }
    }
  }

  @Test
  void misspeltTopicIsAnErrorNotANewTopic() {
    try (var broker = LocalBroker.start();
        var producer = producer(broker)) {
      assertThatThrownBy(
              () -> producer.send(new ProducerRecord<>("dgrid.job.v1.evnts", new byte[0])).get())
          .isInstanceOf(ExecutionException.class)
          .cause()
          .hasMessageContaining("dgrid.job.v1.evnts");
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(LocalBroker broker) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", broker.bootstrapServers(),
            "acks", "all",
            "max.block.ms", "3000",
            "delivery.timeout.ms", "25000",
            "request.timeout.ms", "5000",
            "linger.ms", "0"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String value) throws Exception {
    byte[] key = {1};
    producer
        .send(new ProducerRecord<>(TOPIC, key, value.getBytes(StandardCharsets.UTF_8)))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static List<String> consume(LocalBroker broker, int count) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", broker.bootstrapServers(),
            "group.id", "test",
            "auto.offset.reset", "earliest");
    List<String> values = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (values.size() < count && System.nanoTime() < deadline) {
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(record -> values.add(new String(record.value(), StandardCharsets.UTF_8)));
      }
    }
    return values;
  }
}
