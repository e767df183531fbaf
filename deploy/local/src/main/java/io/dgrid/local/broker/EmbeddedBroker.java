package io.dgrid.local.broker;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A real Kafka broker and its controller in one JVM, on loopback, with the data of an earlier run
 * if the directory holds one. Creates no topics. Tuned to start fast and stay small, not for many
 * clients.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int NODE_ID = 1;

  private final KafkaRaftServer server;
  private final int port;

  private EmbeddedBroker(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Formats {@code data} when it is empty and starts the broker; returns when it serves clients.
   *
   * @throws LocalNetworkException when the directory cannot be used or the broker does not start
   */
  public static EmbeddedBroker start(int port, int controllerPort, Path data) {
    return start(port, port, controllerPort, data);
  }

  /**
   * @param advertised the port it names to its clients
   */
  static EmbeddedBroker start(int port, int advertised, int controllerPort, Path data) {
    Path log = data.toAbsolutePath().resolve("kafka");
    try {
      Files.createDirectories(log);
      format(log);
    } catch (Exception e) {
      throw new LocalNetworkException(
          Code.DATA_DIRECTORY, "Kafka cannot use " + log + ": " + e.getMessage(), e);
    }
    var server =
        new KafkaRaftServer(
            new KafkaConfig(settings(port, advertised, controllerPort, log)), Time.SYSTEM);
    try {
      server.startup();
    } catch (RuntimeException e) {
      server.shutdown();
      throw new LocalNetworkException(
          Code.NOT_READY, "Kafka did not start on port " + port + ": " + e.getMessage(), e);
    }
    return new EmbeddedBroker(server, port);
  }

  /** What clients put into {@code bootstrap.servers}. */
  public String bootstrapServers() {
    return HOST + ":" + port;
  }

  /** Stops gracefully: unclean start-up work is not needed the next time. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  void awaitShutdown() {
    server.awaitShutdown();
  }

  private static void format(Path log) throws Exception {
    if (Files.exists(log.resolve("meta.properties"))) {
      return;
    }
    try (var silence =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(silence)
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(NODE_ID)
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setControllerListenerName("CONTROLLER")
          .setMetadataLogDirectory(log.toString())
          .setDirectories(List.of(log.toString()))
          .run();
    }
  }

  private static Map<String, String> settings(
      int port, int advertised, int controllerPort, Path log) {
    Map<String, String> settings = new HashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", Integer.toString(NODE_ID));
    settings.put("controller.quorum.voters", NODE_ID + "@" + HOST + ":" + controllerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put(
        "listeners",
        "PLAINTEXT://" + HOST + ":" + port + ",CONTROLLER://" + HOST + ":" + controllerPort);
    settings.put("advertised.listeners", "PLAINTEXT://" + HOST + ":" + advertised);
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("log.dirs", log.toString());
    // A misspelt topic must be an error, never a new topic with default partitions.
    settings.put("auto.create.topics.enable", "false");
    settings.put("default.replication.factor", "1");
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("offsets.topic.num.partitions", "4");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("transaction.state.log.num.partitions", "4");
    // How long a transaction waits for the one before it of the same writer to be marked as over.
    settings.put("add.partitions.to.txn.retry.backoff.ms", "1");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("group.initial.rebalance.delay.ms", "0");
    // A dead member of a group is to be replaced in seconds.
    settings.put("group.min.session.timeout.ms", "2000");
    // Few threads: a handful of clients on one machine.
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "2");
    settings.put("background.threads", "2");
    settings.put("num.replica.fetchers", "1");
    settings.put("num.recovery.threads.per.data.dir", "2");
    settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(8 * 1024 * 1024));
    settings.put("log.cleaner.io.buffer.size", Integer.toString(128 * 1024));
    settings.put("log.segment.bytes", Integer.toString(64 * 1024 * 1024));
    settings.put("log.index.size.max.bytes", Integer.toString(1024 * 1024));
    settings.put("controller.quorum.election.timeout.ms", "200");
    settings.put("controller.quorum.election.backoff.max.ms", "200");
    // A broker killed without warning must be accepted again at once when it returns.
    settings.put("broker.session.timeout.ms", "3000");
    settings.put("broker.heartbeat.interval.ms", "500");
    return settings;
  }
}
