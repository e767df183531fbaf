package io.dgrid.edge;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.model.Catalogue;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.local.testing.LocalDatabase;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A real broker and database and a fake scheduler around the edge under test. */
public final class TestNetwork implements QuarkusTestResourceLifecycleManager {
  public static final Domain DOMAIN =
      new Domain(31337, Address.fromHex("0x5fbdb2315678afecb367f032d93f642f64180aa3"));

  private static @Nullable LocalBroker broker;
  private static @Nullable LocalDatabase database;
  private static @Nullable FakeScheduler scheduler;
  private static int grpcPort;

  public static FakeScheduler scheduler() {
    return scheduler;
  }

  public static LocalBroker broker() {
    return broker;
  }

  public static LocalDatabase database() {
    return database;
  }

  public static String grpc() {
    return "127.0.0.1:" + grpcPort;
  }

  public static Path catalogueDirectory() {
    return Path.of(System.getProperty("dgrid.root", ".."), "deploy", "local", "catalogue");
  }

  public static Catalogue catalogue() {
    return Catalogue.read(catalogueDirectory());
  }

  @Override
  public Map<String, String> start() {
    try {
      broker = LocalBroker.start();
      database = LocalDatabase.start();
      scheduler = new FakeScheduler(broker.bootstrapServers(), DOMAIN);
      grpcPort = freePort();
      Path folder = Files.createTempDirectory("dgrid-edge-test-");
      return Map.ofEntries(
          Map.entry("kafka.bootstrap.servers", broker.bootstrapServers()),
          Map.entry("quarkus.datasource.jdbc.url", database.jdbcUrl()),
          Map.entry("quarkus.datasource.reactive.url", database.reactiveUrl()),
          Map.entry("quarkus.datasource.username", database.user()),
          Map.entry("quarkus.datasource.password", database.password()),
          Map.entry("quarkus.grpc.server.test-port", Integer.toString(grpcPort)),
          Map.entry("quarkus.grpc.server.port", Integer.toString(grpcPort)),
          Map.entry("quarkus.http.test-port", "0"),
          Map.entry("dgrid.chain.id", "31337"),
          Map.entry("dgrid.chain.settlement-address", DOMAIN.settlement().toString()),
          Map.entry("dgrid.catalogue.directory", catalogueDirectory().toString()),
          Map.entry("dgrid.edge.key-file", folder.resolve("edge.key").toString()),
          Map.entry("dgrid.edge.relay-address", "127.0.0.1:" + grpcPort),
          Map.entry("dgrid.edge.schedulers", scheduler.address()),
          // Low enough to be met by a test on a slow machine, high enough for the others.
          Map.entry("dgrid.edge.limits.account-rate", "20"),
          Map.entry("dgrid.edge.limits.account-burst", "40"),
          Map.entry("dgrid.edge.streams.abandon-grace", "PT0.5S"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    if (scheduler != null) {
      scheduler.close();
    }
    if (broker != null) {
      broker.close();
    }
    if (database != null) {
      database.close();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
