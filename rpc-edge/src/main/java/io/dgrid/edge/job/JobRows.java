package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.edge.Columns;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Many rows of jobs in one statement. */
final class JobRows {
  /** All columns but the record for the log. */
  static final String COLUMNS =
      "j.job_id, j.client, j.signer, j.api_key, j.model_id, j.shard, j.state, j.accepted_at, j.deadline,"
          + " j.finished_at, j.input_tokens, j.max_output_tokens, j.held, j.amount, j.billed_input,"
          + " j.billed_output, j.attempts, j.terminal";

  private static final String FIND =
      "SELECT " + COLUMNS + " FROM edge.job AS j WHERE j.job_id = ANY($1)";
  private static final String INSERT =
      """
      INSERT INTO edge.job (job_id, client, signer, api_key, model_id, shard, state, accepted_at,
        deadline, input_tokens, max_output_tokens, held, record)
      SELECT v.job_id, v.client, v.signer, v.api_key, v.model_id, v.shard, v.state, v.accepted_at,
        v.deadline, v.input_tokens, v.max_output_tokens, v.held::numeric, v.record
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[],
                  $7::text[], $8::bigint[], $9::bigint[], $10::int[], $11::int[], $12::text[],
                  $13::bytea[])
        AS v (job_id, client, signer, api_key, model_id, shard, state, accepted_at, deadline,
              input_tokens, max_output_tokens, held, record)""";
  private static final String CLOSE =
      """
      UPDATE edge.job AS j SET state = v.state, finished_at = v.finished_at,
        amount = v.amount::numeric, billed_input = v.billed_input,
        billed_output = v.billed_output, record = NULL, terminal = v.terminal
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::int[],
                  $7::bytea[])
        AS v (job_id, state, finished_at, amount, billed_input, billed_output, terminal)
      WHERE j.job_id = v.job_id""";

  private JobRows() {}

  /** By id; unknown ones are left out, and the records for the log are. */
  static Uni<Map<String, JobRow>> find(SqlConnection connection, Collection<JobId> jobs) {
    return connection
        .preparedQuery(FIND)
        .execute(Tuple.of(Columns.texts(jobs, JobId::toString)))
        .map(
            rows -> {
              Map<String, JobRow> found = new HashMap<>();
              rows.forEach(row -> found.put(row.getString("job_id"), read(row)));
              return found;
            });
  }

  static JobRow read(Row row) {
    JobRow job = new JobRow();
    job.jobId = row.getString("job_id");
    job.client = row.getString("client");
    job.signer = row.getString("signer");
    job.apiKey = row.getString("api_key");
    job.modelId = row.getString("model_id");
    job.shard = row.getInteger("shard");
    job.state = JobPhase.valueOf(row.getString("state"));
    job.acceptedAt = row.getLong("accepted_at");
    job.deadline = row.getLong("deadline");
    job.finishedAt = row.getLong("finished_at");
    job.inputTokens = row.getInteger("input_tokens");
    job.maxOutputTokens = row.getInteger("max_output_tokens");
    job.held = Columns.amount(row, "held");
    job.amount = Columns.amount(row, "amount");
    job.billedInput = row.getInteger("billed_input");
    job.billedOutput = row.getInteger("billed_output");
    job.attempts = row.getInteger("attempts");
    job.terminal = Columns.bytes(row, "terminal");
    return job;
  }

  static Uni<RowSet<Row>> insert(SqlConnection connection, List<JobRow> jobs) {
    return connection
        .preparedQuery(INSERT)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(jobs, j -> j.jobId))
                .addValue(Columns.texts(jobs, j -> j.client))
                .addValue(Columns.texts(jobs, j -> j.signer))
                .addValue(Columns.texts(jobs, j -> j.apiKey))
                .addValue(Columns.texts(jobs, j -> j.modelId))
                .addValue(Columns.ints(jobs, j -> j.shard))
                .addValue(Columns.texts(jobs, j -> j.state.name()))
                .addValue(Columns.longs(jobs, j -> j.acceptedAt))
                .addValue(Columns.longs(jobs, j -> j.deadline))
                .addValue(Columns.ints(jobs, j -> j.inputTokens))
                .addValue(Columns.ints(jobs, j -> j.maxOutputTokens))
                .addValue(Columns.texts(jobs, j -> j.held.toString()))
                .addValue(Columns.bytes(jobs, j -> j.record)));
  }

  /** Writes what an end changes. */
  static Uni<RowSet<Row>> close(SqlConnection connection, List<JobRow> jobs) {
    return connection
        .preparedQuery(CLOSE)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(jobs, j -> j.jobId))
                .addValue(Columns.texts(jobs, j -> j.state.name()))
                .addValue(Columns.longs(jobs, j -> j.finishedAt))
                .addValue(Columns.texts(jobs, j -> j.amount.toString()))
                .addValue(Columns.ints(jobs, j -> j.billedInput))
                .addValue(Columns.ints(jobs, j -> j.billedOutput))
                .addValue(Columns.bytes(jobs, j -> j.terminal)));
  }
}
