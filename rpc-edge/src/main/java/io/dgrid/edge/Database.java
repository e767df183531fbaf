package io.dgrid.edge;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.vertx.UniHelper;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jboss.logging.Logger;

/**
 * The way into PostgreSQL from any thread: each transaction runs on a Vert.x context of its own,
 * because gRPC and Kafka threads share theirs between calls.
 */
@ApplicationScoped
public class Database {
  private static final Logger LOG = Logger.getLogger(Database.class);

  private final Mutiny.SessionFactory sessions;
  private final Pool pool;
  private final Context root;
  private final EdgeConfig config;

  Database(Mutiny.SessionFactory sessions, Pool pool, Vertx vertx, EdgeConfig config) {
    this.sessions = sessions;
    this.pool = pool;
    this.root = vertx.getOrCreateContext();
    this.config = config;
  }

  /**
   * Runs the work in one transaction: committed when it gives an item, rolled back when it fails.
   * Fails with the work's {@link DGridException}, or UNAVAILABLE when the database does not answer
   * in time.
   */
  public <T> Uni<T> inTransaction(Function<Mutiny.Session, Uni<T>> work) {
    return answered(
        Uni.createFrom()
            .<T>emitter(
                out -> {
                  Context own = VertxContext.createNewDuplicatedContext(root);
                  VertxContextSafetyToggle.setContextSafe(own, true);
                  own.runOnContext(
                      ignored ->
                          sessions
                              .withTransaction((session, transaction) -> work.apply(session))
                              .subscribe()
                              .with(out::complete, out::fail));
                }));
  }

  /**
   * As {@link #inTransaction}, in plain SQL, for statements over many rows, which entities would
   * only slow down. It takes as few round trips as there can be: what is read travels with the
   * beginning, what is written with the commit, and nothing waits for the answer of a statement
   * that it does not depend on.
   *
   * @param reads what the writes depend on; its first statements are sent behind the beginning's
   * @param writes all that is to be done, decided without waiting; it may throw
   */
  public <T> Uni<Void> inPlainTransaction(
      Function<SqlConnection, Uni<T>> reads,
      BiFunction<SqlConnection, T, List<Uni<RowSet<Row>>>> writes) {
    return answered(
        // A caller that waits no longer must not return the connection in the middle of it.
        UniHelper.toUni(
            pool.getDelegate()
                .withConnection(
                    taken ->
                        UniHelper.toFuture(
                            transaction(SqlConnection.newInstance(taken), reads, writes)))));
  }

  private static <T> Uni<Void> transaction(
      SqlConnection connection,
      Function<SqlConnection, Uni<T>> reads,
      BiFunction<SqlConnection, T, List<Uni<RowSet<Row>>>> writes) {
    return Uni.combine()
        .all()
        .unis(
            connection.query("BEGIN").execute(),
            Uni.createFrom().deferred(() -> reads.apply(connection)))
        .collectFailures()
        .with((begun, read) -> writes.apply(connection, read))
        .onFailure()
        .call(() -> connection.query("ROLLBACK").execute().onFailure().recoverWithNull())
        .chain(statements -> commit(connection, statements))
        .onFailure(CompositeException.class)
        // Whatever came after the first one only says that the transaction has failed.
        .transform(all -> ((CompositeException) all).getCauses().getFirst());
  }

  /** Behind a statement that fails, the commit undoes the others: all of them count or none. */
  private static Uni<Void> commit(SqlConnection connection, List<Uni<RowSet<Row>>> statements) {
    List<Uni<RowSet<Row>>> all = new ArrayList<>(statements);
    all.add(connection.query("COMMIT").execute());
    return Uni.join().all(all).andCollectFailures().replaceWithVoid();
  }

  /** One statement, which is its own transaction. */
  public Uni<RowSet<Row>> query(String sql, Tuple parameters) {
    return answered(pool.preparedQuery(sql).execute(parameters));
  }

  private <T> Uni<T> answered(Uni<T> work) {
    return work.ifNoItem()
        .after(config.timeouts().database())
        .fail()
        .onFailure()
        .transform(Database::coded);
  }

  static Throwable coded(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof DGridException ours) {
        return ours;
      }
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (isOutage(t) || t instanceof CompositeException many && hasOutage(many)) {
        LOG.warnf("database does not answer: %s", t.toString());
        return new DGridException(
            ErrorCode.UNAVAILABLE, "the edge's database does not answer", Map.of(), cause);
      }
    }
    return cause;
  }

  /** Work that failed for lack of its connection, and a rollback that did too. */
  private static boolean hasOutage(CompositeException many) {
    return many.getCauses().stream().anyMatch(Database::isOutage);
  }

  private static boolean isOutage(Throwable t) {
    if (t instanceof PgException refused && refused.getSqlState() != null) {
      String group = refused.getSqlState().substring(0, 2);
      // Connection, rolled back for the sake of another transaction, resources, operator.
      return group.equals("08") || group.equals("40") || group.equals("53") || group.equals("57");
    }
    return t instanceof IOException
        || t instanceof TimeoutException
        || t instanceof ClosedConnectionException
        || t instanceof VertxException
        // How the pool says that it is full or closed.
        || t instanceof NoStackTraceThrowable;
  }
}
