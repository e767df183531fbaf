package io.dgrid.oracle.verdict;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.oracle.compare.Comparison;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.Wire;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/** Signs what a replay found and hands it to the store. */
@ApplicationScoped
public class VerdictIssuer {
  private final Signer oracle;
  private final Domain domain;
  private final InstantSource clock;
  private final VerdictRepository verdicts;
  private final VerdictPublisher publisher;
  private final MeterRegistry metrics;

  VerdictIssuer(
      Signer oracle,
      Domain domain,
      InstantSource clock,
      VerdictRepository verdicts,
      VerdictPublisher publisher,
      MeterRegistry metrics) {
    this.oracle = oracle;
    this.domain = domain;
    this.clock = clock;
    this.verdicts = verdicts;
    this.publisher = publisher;
    this.metrics = metrics;
  }

  /**
   * Completes once the verdict is durable; it is published right after. A receipt that has a
   * verdict keeps it.
   *
   * @param verifier zero when nobody scored
   */
  public Uni<Void> issue(
      ReceiptHash receipt,
      Address node,
      Address verifier,
      Comparison found,
      Optional<Scores> scores) {
    Signed<Verdict> signed =
        Signed.by(
            oracle,
            domain,
            new Verdict(
                receipt,
                node,
                verifier,
                found.result(),
                found.testsRun(),
                found.testsFailed(),
                found.tokens(),
                found.logprobDistance(),
                found.redrawMismatches(),
                clock.millis()));
    return verdicts
        .store(signed.statement(), toWire(signed, scores), scores)
        .invoke(isNew -> count(found, isNew))
        .invoke(publisher::wake)
        .replaceWithVoid();
  }

  private void count(Comparison found, boolean isNew) {
    if (isNew) {
      String result = found.result().name().toLowerCase(Locale.ROOT);
      metrics.counter("dgrid.oracle.verdicts", "result", result).increment();
    }
  }

  private static SignedVerdict toWire(Signed<Verdict> signed, Optional<Scores> scores) {
    SignedVerdict.Builder wire = VerdictCodec.toWire(signed);
    if (scores.isEmpty()) {
      return wire.setScoresHash(Wire.bytes(Hash.ZERO)).build();
    }
    Scores s = scores.get();
    Hash scoresHash =
        Fingerprint.scoresHash(Wire.ints(s.getLogprobsList()), Wire.ints(s.getRedrawnList()));
    return wire.setScoresHash(Wire.bytes(scoresHash))
        .setScoredAt(s.getScoredAt())
        .setVerifierSignature(s.getSignature())
        .build();
  }
}
