package io.dgrid.edge.job;

import io.dgrid.core.identity.ModelId;
import io.dgrid.transport.codec.SubmissionKey;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** An accepted job. Times are Unix milliseconds, amounts smallest units. */
@Entity
@Table(name = "job")
public class JobRow {
  @Id
  @Column(name = "job_id")
  public String jobId;

  @Column(nullable = false)
  public String client;

  @Column(nullable = false)
  public String signer;

  @Column(name = "api_key")
  public @Nullable String apiKey;

  @Column(name = "model_id", nullable = false)
  public String modelId;

  /** Which of its model's partitions it is in: decided once, at its acceptance. */
  public int shard;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false, columnDefinition = "text")
  public JobPhase state = JobPhase.PENDING;

  @Column(name = "accepted_at")
  public long acceptedAt;

  public long deadline;

  @Column(name = "finished_at")
  public long finishedAt;

  @Column(name = "input_tokens")
  public int inputTokens;

  @Column(name = "max_output_tokens")
  public int maxOutputTokens;

  @Column(nullable = false)
  public BigInteger held = BigInteger.ZERO;

  @Column(nullable = false)
  public BigInteger amount = BigInteger.ZERO;

  @Column(name = "billed_input")
  public int billedInput;

  @Column(name = "billed_output")
  public int billedOutput;

  public int attempts;

  /** The bytes for the log while they may have to be sent again; then null. */
  public byte @Nullable [] record;

  /** The terminal event, null while the job lives. */
  public byte @Nullable [] terminal;

  /**
   * The key of whatever the log is told of it: a record in another partition would be another
   * scheduler's.
   */
  byte[] key() {
    return SubmissionKey.of(ModelId.fromHex(modelId), shard);
  }
}
