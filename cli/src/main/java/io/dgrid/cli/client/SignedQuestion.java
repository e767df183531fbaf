package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.SamplingHash;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import java.security.SecureRandom;
import java.time.Duration;

/**
 * A question signed for one network. Sending it again is the same job, never a second one.
 *
 * @param salt hides prompt and answer in everything public
 */
public record SignedQuestion(
    Question question, Signed<JobRequest> request, Hash salt, JobId jobId, SubmitRequest wire) {
  private static final Duration VALIDITY = Duration.ofMinutes(5);

  /**
   * Signs with a fresh salt and nonce.
   *
   * @param now Unix milliseconds
   */
  public static SignedQuestion sign(
      Question question, Signer client, Domain domain, SecureRandom random, long now) {
    byte[] saltBytes = new byte[Hash.BYTES];
    random.nextBytes(saltBytes);
    Hash salt = Hash.of(saltBytes);
    JobRequest request =
        new JobRequest(
            client.address(),
            Wire.modelId(question.model().getModelId()),
            PromptCodec.hash(question.prompt(), salt),
            SamplingHash.of(question.sampling()),
            question.maxPrice(),
            question.maxOutputTokens(),
            // Positive, so that no reader of JSON or SQL has to care about unsigned numbers.
            random.nextLong() & Long.MAX_VALUE,
            now + VALIDITY.toMillis());
    Signed<JobRequest> signed = Signed.by(client, domain, request);
    JobId jobId = request.jobId(domain);
    SubmitRequest wire =
        SubmitRequest.newBuilder()
            .setRequest(JobRequestCodec.toWire(signed))
            .setPrompt(question.prompt())
            .setSampling(SamplingCodec.toWire(question.sampling()))
            .setSalt(Wire.bytes(salt))
            .setIdempotencyKey(jobId.toString())
            .setTimeoutMs(question.timeout().toMillis())
            .setHedgeAfterMs(Math.toIntExact(question.hedgeAfter().toMillis()))
            .build();
    return new SignedQuestion(question, signed, salt, jobId, wire);
  }
}
