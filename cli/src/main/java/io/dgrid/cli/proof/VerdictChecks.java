package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.receipt.ScoreReport;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether an authorised oracle found, with an independent verifier, that the model produced it. */
final class VerdictChecks {
  private final ChainFacts chain;
  private final Domain domain;
  private final Address registry;
  private final String prefix;

  VerdictChecks(ChainFacts chain, Domain domain, Address registry, String prefix) {
    this.chain = chain;
    this.domain = domain;
    this.registry = registry;
    this.prefix = prefix;
  }

  List<Check> check(SignedVerdict wire, ReceiptHash receipt, Address node, int tokens) {
    List<Check> checks = new ArrayList<>();
    Signed<Verdict> signed = VerdictCodec.fromWire(wire);
    Verdict verdict = signed.statement();
    Optional<Address> oracle = signed.signer(domain);
    boolean authorised = oracle.filter(o -> chain.isOracle(registry, o)).isPresent();
    checks.add(
        check(
            "verdict signature",
            authorised,
            oracle
                .map(o -> "oracle " + o + (authorised ? "" : " is not authorised on chain"))
                .orElse("fits no key")));
    checks.add(
        check(
            "verdict",
            verdict.result() == VerdictResult.MATCH
                && verdict.receiptHash().equals(receipt)
                && verdict.node().equals(node)
                && verdict.tokens() == tokens
                && verdict.testsFailed() == 0,
            "%s over %d tokens, logprob distance %d millionths of a nat, %d redraws differ"
                .formatted(
                    verdict.result(),
                    verdict.tokens(),
                    verdict.logprobDistance(),
                    verdict.redrawMismatches())));
    checks.add(
        check("verifier's report", isReported(wire, verdict), "verifier " + verdict.verifier()));
    return checks;
  }

  /** Signed by a node that did not serve, over the scores that the verdict rests on. */
  private boolean isReported(SignedVerdict wire, Verdict verdict) {
    if (wire.getVerifierSignature().isEmpty() || verdict.verifier().equals(verdict.node())) {
      return false;
    }
    ScoreReport report =
        new ScoreReport(
            verdict.receiptHash(),
            verdict.verifier(),
            Wire.hash(wire.getScoresHash(), "verdict.scores_hash"),
            wire.getScoredAt());
    return new Signed<>(
            report, Wire.signature(wire.getVerifierSignature(), "verdict.verifier_signature"))
        .isBy(verdict.verifier(), domain);
  }

  private Check check(String name, boolean good, String detail) {
    return new Check(prefix + name, good ? GOOD : BROKEN, detail);
  }
}
