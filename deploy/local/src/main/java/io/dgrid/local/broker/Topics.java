package io.dgrid.local.broker;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics of the protocol as the local network creates them: one replica, retention by time; −1
 * ms is Kafka's word for ever.
 */
public enum Topics {
  JOB_SUBMITTED("dgrid.job.v1.submitted", 8, Duration.ofDays(7)),
  JOB_EVENTS("dgrid.job.v1.events", 8, Duration.ofDays(7)),
  RECEIPT_ISSUED("dgrid.receipt.v1.issued", 8, Duration.ofDays(30)),
  VOUCHER_SIGNED("dgrid.voucher.v1.signed", 8, Duration.ofDays(30)),
  VERDICT_ISSUED("dgrid.verdict.v1.issued", 8, Duration.ofDays(30)),
  CHAIN_MOVEMENTS("dgrid.chain.v1.movements", 1, Duration.ofMillis(-1));

  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

  private final String topic;
  private final int partitions;
  private final Duration retention;

  Topics(String topic, int partitions, Duration retention) {
    this.topic = topic;
    this.partitions = partitions;
    this.retention = retention;
  }

  /** The topic's name on the broker. */
  public String topic() {
    return topic;
  }

  public int partitions() {
    return partitions;
  }

  /**
   * Creates the topics the broker lacks; those it has stay as they are.
   *
   * @throws LocalNetworkException when the broker does not answer within 20 s or refuses
   */
  public static void createMissing(String bootstrapServers) {
    Map<String, Object> settings =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) CALL_TIMEOUT.toMillis(),
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) CALL_TIMEOUT.toMillis());
    List<NewTopic> topics = new ArrayList<>();
    for (Topics topic : values()) {
      topics.add(topic.description());
    }
    try (Admin admin = Admin.create(settings)) {
      for (var creation : admin.createTopics(topics).values().values()) {
        try {
          creation.get(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw failed(bootstrapServers, e.getCause());
          }
        }
      }
    } catch (TimeoutException e) {
      throw failed(bootstrapServers, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(bootstrapServers, e);
    }
  }

  private NewTopic description() {
    return new NewTopic(topic, partitions, (short) 1)
        .configs(
            Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(retention.toMillis()),
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE));
  }

  private static LocalNetworkException failed(String bootstrapServers, Throwable cause) {
    return new LocalNetworkException(
        Code.NOT_READY,
        "the broker at " + bootstrapServers + " did not create the topics: " + cause,
        cause);
  }
}
