package io.dgrid.worker;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.ModelManifest;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.worker.model.ServedModel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** Assignments as a good scheduler makes them, for a model without a tokenizer. */
public final class TestJobs {
  public static final Domain DOMAIN =
      new Domain(31337, Address.fromHex("0x5fbdb2315678afecb367f032d93f642f64180aa3"));
  public static final Pricing PRICING = new Pricing(Price.of(2_000_000), Price.of(5_000_000));
  public static final ModelManifest MANIFEST =
      new ModelManifest("test/model", word("01"), word("02"), word("03"), "q8_0", 512, 256, "L");
  public static final ServedModel MODEL = ServedModel.of(MANIFEST, Optional.empty());
  public static final Hash SALT = word("a7");

  private static final AtomicLong NONCE = new AtomicLong();

  private final SigningKey client = SigningKey.random();

  public SigningKey client() {
    return client;
  }

  /** A new job's first attempt. */
  public Assignment.Builder assignment(SignedOffer offer, int... delivered) {
    Prompt prompt = Prompt.newBuilder().setText("once upon a time").build();
    Sampling sampling =
        Sampling.newBuilder()
            .setSeed(7)
            .setTemperatureMicros(700_000)
            .setTopPMicros(1_000_000)
            .build();
    JobRequest request =
        new JobRequest(
            client.address(),
            MODEL.id(),
            PromptCodec.hash(prompt, SALT),
            SamplingCodec.hash(sampling),
            Price.of(10_000_000),
            100,
            NONCE.incrementAndGet(),
            Long.MAX_VALUE);
    return Assignment.newBuilder()
        .setJobId(ByteString.copyFrom(request.jobId(DOMAIN).toBytes()))
        .setAttempt(1)
        .setRequest(JobRequestCodec.toWire(Signed.by(client, DOMAIN, request)))
        .setPrompt(prompt)
        .setSampling(sampling)
        .setSalt(Wire.bytes(SALT))
        .addAllDelivered(java.util.Arrays.stream(delivered).boxed().toList())
        .setOffer(offer)
        .setAllowUntil(64);
  }

  static List<Integer> ids(int... ids) {
    return java.util.Arrays.stream(ids).boxed().toList();
  }

  private static Hash word(String twoDigits) {
    return Hash.fromHex(twoDigits.repeat(32));
  }
}
