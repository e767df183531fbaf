package io.dgrid.local.testing;

import io.dgrid.local.Ports;
import io.dgrid.local.database.EmbeddedDatabase;
import io.dgrid.local.process.ManagedProcess;
import java.util.List;

/** A real PostgreSQL for a test, on a free port; user, password and database are {@code dgrid}. */
public final class LocalDatabase implements AutoCloseable {
  private final Scratch scratch;
  private final EmbeddedDatabase database;
  private final ManagedProcess process;

  private LocalDatabase(Scratch scratch, EmbeddedDatabase database, ManagedProcess process) {
    this.scratch = scratch;
    this.database = database;
    this.process = process;
  }

  public static LocalDatabase start() {
    var scratch = new Scratch("postgres");
    return scratch.orClose(() -> startIn(scratch));
  }

  private static LocalDatabase startIn(Scratch scratch) {
    EmbeddedDatabase database =
        EmbeddedDatabase.prepare(scratch.folder(), Ports.free(1).getFirst());
    ManagedProcess process =
        scratch
            .supervisor()
            .startWave(List.of(database.process("postgres")), (ready, took) -> {})
            .getFirst();
    return new LocalDatabase(scratch, database, process);
  }

  public String jdbcUrl() {
    return database.jdbcUrl();
  }

  /** In the form reactive clients take, without credentials. */
  public String reactiveUrl() {
    return database.url();
  }

  public String user() {
    return EmbeddedDatabase.USER;
  }

  public String password() {
    return EmbeddedDatabase.PASSWORD;
  }

  /** The process to kill, suspend or start again. */
  public ManagedProcess process() {
    return process;
  }

  @Override
  public void close() {
    scratch.close();
  }
}
