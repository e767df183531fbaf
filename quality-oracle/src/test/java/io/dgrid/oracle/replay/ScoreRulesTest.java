package io.dgrid.oracle.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.receipt.Signed;
import io.dgrid.oracle.compare.Measurement;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScoreRulesTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("11".repeat(20)));
  private static final ReceiptHash RECEIPT = new ReceiptHash(Keccak.hash(new byte[] {9}));
  private static final SigningKey VERIFIER = SigningKey.of(Keccak.hash(new byte[] {2}).toBytes());
  private static final Address SERVER = Address.fromHex("22".repeat(20));

  private final Scores good = signed(Scores.newBuilder().addAllLogprobs(List.of(5, 6)));

  @Test
  void signedScoresOfAnIndependentNodeAreRead() {
    Measurement measured = read(good);
    assertThat(measured.logprobs()).containsExactly(5, 6);
    assertThat(measured.redrawn()).isEmpty();
  }

  @Test
  void anythingElseIsRefusedByName() {
    refused(good.toBuilder().setLogprobs(0, 7).build(), "scores.signature");
    refused(good.toBuilder().addRedrawn(1).addRedrawn(2).build(), "scores.signature");
    refused(good.toBuilder().setScoredAt(1).build(), "scores.signature");
    refused(good.toBuilder().setVerifier(Wire.bytes(SERVER)).build(), "scores.verifier");
    refused(good.toBuilder().setVerifier(Wire.bytes(Address.ZERO)).build(), "scores.verifier");
    refused(good.toBuilder().clearReceiptHash().build(), "receipt_hash");
    refused(good.toBuilder().addLogprobs(1).build(), "scores.logprobs");
    refused(good.toBuilder().setLogprobs(0, 70_000).build(), "scores.logprobs");
    refused(good.toBuilder().setSurprisalExcess(Double.NaN).build(), "not finite");
  }

  private static void refused(Scores scores, String naming) {
    assertThatThrownBy(() -> read(scores))
        .isInstanceOf(DGridException.class)
        .hasMessageContaining(naming);
  }

  private static Measurement read(Scores scores) {
    return ScoreRules.read(scores, RECEIPT, Set.of(SERVER), 2, DOMAIN);
  }

  private static Scores signed(Scores.Builder scores) {
    ScoreReport report =
        new ScoreReport(
            RECEIPT,
            VERIFIER.address(),
            Fingerprint.scoresHash(
                Wire.ints(scores.getLogprobsList()), Wire.ints(scores.getRedrawnList())),
            77);
    return scores
        .setReceiptHash(Wire.bytes(RECEIPT))
        .setVerifier(Wire.bytes(VERIFIER.address()))
        .setScoredAt(77)
        .setSignature(Wire.bytes(Signed.by(VERIFIER, DOMAIN, report).signature()))
        .build();
  }
}
