package io.dgrid.oracle.replay;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.receipt.v1.IssuedReceipt;
import io.dgrid.transport.codec.ReceiptCodec;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;

/** The queue of sampled receipts. A claim expires, so a crashed instance loses nothing. */
@ApplicationScoped
class ReplayRepository {
  private final Pool pool;

  ReplayRepository(Pool pool) {
    this.pool = pool;
  }

  /** Takes up to {@code limit} tasks that are due, for this instance alone. Times in Unix ms. */
  Uni<List<ReplayTask>> claim(int limit, long now, long until) {
    return pool.preparedQuery(
            """
            update oracle.replay r set claimed_until = $3
            from (select receipt_hash from oracle.replay
                  where due_at <= $2 and claimed_until <= $2
                  order by due_at limit $1 for update skip locked) due
            where r.receipt_hash = due.receipt_hash
            returning r.receipt_hash, r.issued, r.tries, r.give_up_at, r.traceparent""")
        .execute(Tuple.of(limit, now, until))
        .map(ReplayRepository::tasks);
  }

  /** Gives a task back to be tried again at {@code dueAt}. */
  Uni<Void> postpone(ReplayTask task, long dueAt) {
    return pool.preparedQuery(
            "update oracle.replay set tries = tries + 1, due_at = $2, claimed_until = 0"
                + " where receipt_hash = $1")
        .execute(Tuple.of(Buffer.buffer(task.hash().toBytes()), dueAt))
        .replaceWithVoid();
  }

  /** How many receipts wait for a verdict. */
  Uni<Long> waiting() {
    return pool.query("select count(*) from oracle.replay")
        .execute()
        .map(rows -> rows.iterator().next().getLong(0));
  }

  private static List<ReplayTask> tasks(RowSet<Row> rows) {
    List<ReplayTask> tasks = new ArrayList<>(rows.size());
    for (Row row : rows) {
      tasks.add(
          new ReplayTask(
              ReceiptHash.of(row.getBuffer("receipt_hash").getBytes()),
              ReceiptCodec.fromWire(issued(row)),
              row.getInteger("tries"),
              row.getLong("give_up_at"),
              row.getString("traceparent")));
    }
    return tasks;
  }

  private static IssuedReceipt issued(Row row) {
    try {
      return IssuedReceipt.parseFrom(row.getBuffer("issued").getBytes());
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException("a parked receipt cannot be read", impossible);
    }
  }
}
