package io.dgrid.edge;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import java.util.concurrent.atomic.AtomicLong;

/** Builds signed requests; each call changes one thing of a good one. */
public final class TestClient {
  private static final AtomicLong NONCES = new AtomicLong(System.nanoTime());

  public final SigningKey key;
  public Prompt prompt =
      Prompt.newBuilder()
          .setChat(
              ChatPrompt.newBuilder()
                  .addMessages(ChatMessage.newBuilder().setRole("user").setContent("Hello there")))
          .build();
  public Sampling sampling = Sampling.newBuilder().setSeed(7).setTopPMicros(1_000_000).build();
  public ModelId model = TestNetwork.catalogue().entries().iterator().next().manifest().id();
  public Price maxPrice = Price.of(5_000_000);
  public int maxOutputTokens = 16;
  public long nonce = NONCES.incrementAndGet();
  public long expiry = System.currentTimeMillis() + 60_000;
  public String idempotencyKey = "";
  public SigningKey signer;

  public TestClient(SigningKey key) {
    this.key = key;
    this.signer = key;
  }

  public static TestClient request(SigningKey key) {
    return new TestClient(key);
  }

  public SubmitRequest.Builder build() {
    Hash salt = Keccak.hash(Long.toString(nonce).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    JobRequest request =
        new JobRequest(
            key.address(),
            model,
            PromptCodec.hash(prompt, salt),
            SamplingCodec.hash(sampling),
            maxPrice,
            maxOutputTokens,
            nonce,
            expiry);
    return SubmitRequest.newBuilder()
        .setRequest(JobRequestCodec.toWire(Signed.by(signer, TestNetwork.DOMAIN, request)))
        .setPrompt(prompt)
        .setSampling(sampling)
        .setSalt(Wire.bytes(salt))
        .setIdempotencyKey(idempotencyKey);
  }
}
