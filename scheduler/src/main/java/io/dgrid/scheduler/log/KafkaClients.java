package io.dgrid.scheduler.log;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes Kafka clients with the settings everything here relies on. */
@Singleton
class KafkaClients {
  private final String servers;

  KafkaClients(@ConfigProperty(name = "kafka.bootstrap.servers") String servers) {
    this.servers = servers;
  }

  /**
   * The one writer of a partition's jobs: opening its transactions shuts out every older one of the
   * group. An owner that dies in the middle of a transaction keeps readers waiting until its
   * successor opens its own, or for the timeout.
   */
  KafkaProducer<byte[], byte[]> writer(String group, int partition) {
    Map<String, Object> settings = common();
    String name = group + "-" + partition;
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, name);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, name);
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 60_000);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 64 * 1024);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 20);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 8L * 1024 * 1024);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Member of a group: commits by hand, starts at the beginning, and keeps its partitions while
   * others move.
   *
   * @param name shown to whoever asks for the group's members
   * @param silence after which the coordinator takes it for dead
   */
  KafkaConsumer<byte[], byte[]> member(String group, String name, Duration silence) {
    Map<String, Object> settings = reading();
    settings.put(ConsumerConfig.CLIENT_ID_CONFIG, name);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        List.of(CooperativeStickyAssignor.class));
    settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) silence.toMillis());
    settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) silence.toMillis() / 6);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Reads partitions it is told to, for itself, and only what was committed. */
  KafkaConsumer<byte[], byte[]> reader() {
    return new KafkaConsumer<>(reading(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  Admin admin() {
    Map<String, Object> settings = common();
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 2_000);
    return Admin.create(settings);
  }

  private Map<String, Object> reading() {
    Map<String, Object> settings = common();
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 * 1024 * 1024);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 200);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return settings;
  }

  private Map<String, Object> common() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", servers);
    settings.put("reconnect.backoff.ms", 100);
    settings.put("reconnect.backoff.max.ms", 1_000);
    settings.put("metadata.max.age.ms", 10_000);
    return settings;
  }
}
