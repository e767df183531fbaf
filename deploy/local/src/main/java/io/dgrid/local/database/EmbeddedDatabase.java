package io.dgrid.local.database;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Readiness;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server on loopback that survives kill -9 like a real one: fsync and synchronous
 * commit are on.
 */
public final class EmbeddedDatabase {
  public static final String USER = "dgrid";
  public static final String PASSWORD = "dgrid";
  public static final String DATABASE = "dgrid";

  private static final Duration TOOL_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration LEFTOVER_TIMEOUT = Duration.ofSeconds(5);

  private final Path home;
  private final Path cluster;
  private final int port;
  private final DatabaseAccount account;

  private EmbeddedDatabase(Path home, Path cluster, int port, DatabaseAccount account) {
    this.home = home;
    this.cluster = cluster;
    this.port = port;
    this.account = account;
  }

  /**
   * Unpacks the programs once per machine and initialises {@code data} when it holds no database
   * yet; does not start it. Takes one to three seconds the first time.
   *
   * @throws LocalNetworkException when the programs or the directory cannot be used
   */
  public static EmbeddedDatabase prepare(Path data, int port) {
    DatabaseAccount account = DatabaseAccount.choose();
    Path home = PostgresBinaries.unpacked(cache(account));
    Path cluster = data.toAbsolutePath().resolve("postgres");
    var database = new EmbeddedDatabase(home, cluster, port, account);
    database.initialise();
    return database;
  }

  public String jdbcUrl() {
    return "jdbc:" + url();
  }

  /** In the form reactive clients take, without credentials. */
  public String url() {
    return "postgresql://127.0.0.1:" + port + "/" + DATABASE;
  }

  /** With credentials, for a person's {@code psql}. */
  public String urlWithCredentials() {
    return "postgresql://" + USER + ":" + PASSWORD + "@127.0.0.1:" + port + "/" + DATABASE;
  }

  /** How to run the server; starting it again after any kind of end works. */
  public ProcessSpec process(String name) {
    List<String> command =
        List.of(
            program("postgres"),
            "-D",
            cluster.toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=on",
            "-c",
            "synchronous_commit=on",
            "-c",
            "full_page_writes=on",
            "-c",
            "max_connections=120",
            "-c",
            "shared_buffers=32MB",
            "-c",
            "max_parallel_workers=0",
            "-c",
            "max_parallel_workers_per_gather=0",
            "-c",
            "io_method=sync",
            "-c",
            "autovacuum_max_workers=1",
            "-c",
            "max_wal_size=256MB",
            "-c",
            "jit=off");
    return ProcessSpec.of(
            name,
            account.command(command),
            cluster.getParent(),
            new Readiness.Probe(() -> PostgresProbe.acceptsLogin(port)))
        .withTimeouts(Duration.ofSeconds(60), Duration.ofSeconds(10))
        // Fast shutdown: TERM would wait for every client to leave.
        .withStopSignal(ProcessSpec.Signal.INT)
        .withBeforeStart(this::clearLeftovers);
  }

  private void initialise() {
    Path done = cluster.resolve("dgrid-initialised");
    if (Files.exists(done)) {
      return;
    }
    try {
      PostgresBinaries.deleteTree(cluster);
      Files.createDirectories(cluster);
      Path password = Files.createTempFile(cluster.getParent(), "pw", "");
      try {
        Files.writeString(password, PASSWORD);
        account.handOver(cluster);
        account.handOver(password);
        run(
            Optional.empty(),
            List.of(
                program("initdb"),
                "--pgdata=" + cluster,
                "--username=" + USER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-instructions"));
      } finally {
        Files.delete(password);
      }
      run(
          Optional.of("CREATE DATABASE " + DATABASE + ";\n"),
          List.of(program("postgres"), "--single", "-D", cluster.toString(), "postgres"));
      Files.createFile(done);
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.DATA_DIRECTORY, "PostgreSQL cannot use " + cluster + ": " + e.getMessage(), e);
    }
  }

  private void run(Optional<String> input, List<String> command) throws IOException {
    Path output = Files.createTempFile(cluster.getParent(), "tool", ".log");
    try {
      var builder = new ProcessBuilder(account.command(command));
      builder.directory(cluster.getParent().toFile());
      builder.redirectErrorStream(true).redirectOutput(Redirect.to(output.toFile()));
      Process process = builder.start();
      try (var in = process.getOutputStream()) {
        in.write(input.orElse("").getBytes(StandardCharsets.UTF_8));
      }
      boolean ended = process.waitFor(TOOL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(
            Path.of(command.getFirst()).getFileName()
                + " failed: "
                + Files.readString(output).strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.delete(output);
    }
  }

  /**
   * After kill -9 of the server its sessions need a moment to notice and still hold shared memory,
   * and its pid file may name a process id that belongs to somebody else by now. Both would make
   * the next start fail.
   */
  private void clearLeftovers() {
    Path pidFile = cluster.resolve("postmaster.pid");
    long deadline = System.nanoTime() + LEFTOVER_TIMEOUT.toNanos();
    try {
      while (!sessions().isEmpty() && System.nanoTime() < deadline) {
        Thread.sleep(20);
      }
      if (Files.exists(pidFile) && sessions().isEmpty()) {
        Files.delete(pidFile);
      }
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.DATA_DIRECTORY, "cannot clear " + pidFile + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Processes of a server that works in our folder: they all have it as working directory (Linux
   * only).
   */
  private List<Path> sessions() throws IOException {
    List<Path> sessions = new ArrayList<>();
    Path processes = Path.of("/proc");
    if (!Files.isDirectory(processes.resolve("self"))) {
      return sessions;
    }
    Path folder = cluster.toRealPath();
    try (Stream<Path> entries = Files.list(processes)) {
      for (Path entry :
          entries.filter(e -> Character.isDigit(e.getFileName().toString().charAt(0))).toList()) {
        try {
          if (Files.readSymbolicLink(entry.resolve("cwd")).equals(folder)) {
            sessions.add(entry);
          }
        } catch (IOException e) {
          // Ended in the meantime, or not ours to look at: then it is not our server either.
        }
      }
    }
    return sessions;
  }

  private String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  private static Path cache(DatabaseAccount account) {
    if (account == DatabaseAccount.NOBODY) {
      // Home directories of root are closed to others.
      return Path.of(System.getProperty("java.io.tmpdir"), "dgrid-cache");
    }
    String configured = System.getenv("XDG_CACHE_HOME");
    Path base =
        configured == null || configured.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(configured);
    return base.resolve("dgrid");
  }
}
