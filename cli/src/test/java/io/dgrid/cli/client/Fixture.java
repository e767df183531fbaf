package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.transport.codec.Wire;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;

/** A client, a node, a signed question and receipts for it. */
final class Fixture {
  static final Domain DOMAIN = new Domain(31337, Address.fromHex("5e".repeat(20)));
  static final SigningKey CLIENT = key(1);
  static final SigningKey NODE = key(2);
  static final SigningKey OTHER_NODE = key(3);
  static final int INPUT_TOKENS = 7;

  final SignedQuestion asked =
      SignedQuestion.sign(
          new Question(
              ModelManifest.newBuilder()
                  .setModelId(Wire.bytes(hash(9)))
                  .setName("dgrid/test")
                  .build(),
              Question.chat(Optional.of("be brief"), "hello"),
              SamplingParameters.seeded(4, 0),
              10,
              Price.of(3_000_000),
              Duration.ofSeconds(9)),
          CLIENT,
          DOMAIN,
          new SecureRandom(),
          1_800_000_000_000L);

  /**
   * An honest receipt over tokens {@code first} to {@code first + count − 1}, each its position.
   */
  IssuedReceipt receipt(SigningKey node, int attempt, int first, int count, FinishReason reason) {
    Offer offer =
        new Offer(
            node.address(),
            asked.request().statement().modelId(),
            Price.of(1_000_000),
            Price.of(2_000_000),
            1,
            1_900_000_000_000L);
    int[] tokens = IntStream.range(first, first + count).toArray();
    int input = first == 0 ? INPUT_TOKENS : 0;
    Receipt receipt =
        new Receipt(
            asked.jobId(),
            attempt,
            CLIENT.address(),
            node.address(),
            asked.request().statement().modelId(),
            asked.request().statement().structHash(),
            Fingerprint.responseHash(asked.salt(), first, tokens),
            Fingerprint.root(asked.salt(), tokens, tokens),
            first,
            input,
            count,
            offer.pricing().bill(input, count),
            1,
            2,
            reason,
            Hash.ZERO);
    return new IssuedReceipt(
        Signed.by(node, DOMAIN, receipt), Signed.by(node, DOMAIN, offer), asked.request());
  }

  static Hash hash(int number) {
    return Keccak.hash(new byte[] {(byte) number});
  }

  private static SigningKey key(int number) {
    return SigningKey.of(hash(100 + number).toBytes());
  }
}
