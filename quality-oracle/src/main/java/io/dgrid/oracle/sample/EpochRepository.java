package io.dgrid.oracle.sample;

import io.dgrid.core.identity.Hash;
import io.dgrid.oracle.OracleConfig;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The sampling secrets. A secret and its commitment are stored before anything is drawn with them,
 * and all instances of the oracle share them.
 */
@ApplicationScoped
class EpochRepository {
  private static final int REMEMBERED = 64;

  private final Pool pool;
  private final InstantSource clock;
  private final long epochMillis;
  private final SecureRandom random = new SecureRandom();
  private final ConcurrentMap<Long, EpochSecret> known = new ConcurrentHashMap<>();

  EpochRepository(Pool pool, InstantSource clock, OracleConfig config) {
    this.pool = pool;
    this.clock = clock;
    this.epochMillis = config.epoch().toMillis();
  }

  /** The epoch of a log record's time, Unix milliseconds. */
  long epochAt(long time) {
    return Math.floorDiv(time, epochMillis);
  }

  /** The secret of an epoch; drawn and committed on first use. */
  Uni<EpochSecret> secretOf(long epoch) {
    EpochSecret cached = known.get(epoch);
    return cached != null ? Uni.createFrom().item(cached) : readOrCommit(epoch);
  }

  /** Commits the coming epoch ahead of its first receipt. */
  @Scheduled(every = "1m", skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> commitAhead() {
    long now = epochAt(clock.millis());
    return secretOf(now).chain(() -> secretOf(now + 1)).replaceWithVoid();
  }

  private Uni<EpochSecret> readOrCommit(long epoch) {
    EpochSecret fresh = EpochSecret.draw(epoch, random);
    return pool.preparedQuery(
            """
            with created as (
              insert into oracle.epoch (number, secret, commitment, created_at)
              values ($1, $2, $3, $4) on conflict (number) do nothing returning secret)
            select secret from created
            union all
            select secret from oracle.epoch where number = $1""")
        .execute(
            Tuple.of(
                epoch,
                Buffer.buffer(fresh.secret().toBytes()),
                Buffer.buffer(fresh.commitment().toBytes()),
                clock.millis()))
        .map(rows -> remember(epoch, rows));
  }

  private EpochSecret remember(long epoch, RowSet<Row> rows) {
    EpochSecret stored =
        new EpochSecret(epoch, Hash.of(rows.iterator().next().getBuffer(0).getBytes()));
    if (known.size() >= REMEMBERED) {
      known.clear();
    }
    known.put(epoch, stored);
    return stored;
  }
}
