package io.dgrid.oracle.replay;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.oracle.OracleConfig;
import io.dgrid.oracle.compare.AssuranceClass;
import io.dgrid.oracle.compare.Claim;
import io.dgrid.oracle.compare.Comparison;
import io.dgrid.oracle.compare.IntegrityTests;
import io.dgrid.oracle.compare.Measurement;
import io.dgrid.oracle.replay.OpeningRules.Finding;
import io.dgrid.oracle.replay.Outcome.Decided;
import io.dgrid.oracle.replay.Outcome.Postponed;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/** One run of one replay: the opening, its rules, scores of one or more verifiers, the tests. */
@ApplicationScoped
class Replay {
  private static final Logger LOG = Logger.getLogger(Replay.class);

  /** An opening that does not fit may have been damaged on its way; this many may not. */
  private static final int FOREIGN_OPENINGS = 3;

  private final FleetClient fleet;
  private final Catalogue catalogue;
  private final IntegrityTests tests;
  private final Domain domain;
  private final int verifierLimit;

  Replay(
      FleetClient fleet,
      Catalogue catalogue,
      IntegrityTests tests,
      Domain domain,
      OracleConfig config) {
    this.fleet = fleet;
    this.catalogue = catalogue;
    this.tests = tests;
    this.domain = domain;
    this.verifierLimit = config.replay().verifiers();
  }

  /** One verifier's word. */
  private record Ballot(Scores scores, Comparison comparison) {}

  /** What the verifiers of one opening have said so far; changed by one step at a time. */
  private record Hearing(
      ReplayTask task,
      Opening opening,
      AssuranceClass assurance,
      Set<Address> excluded,
      List<Ballot> ballots) {}

  Uni<Outcome> run(ReplayTask task) {
    List<ReceiptRules.Violation> broken = ReceiptRules.violations(task.issued(), domain);
    if (!broken.isEmpty()) {
      return done(Decided.fraud(task.tokens(), "receipt rules " + broken));
    }
    Optional<CatalogueEntry> model = catalogue.find(task.receipt().modelId());
    if (model.isEmpty()) {
      return done(Decided.untestable(task.tokens(), "unknown model"));
    }
    return fleet
        .open(task)
        .emitOn(Infrastructure.getDefaultWorkerPool())
        .chain(opening -> judge(task, opening, model.get()))
        .onFailure(DGridException.class)
        .recoverWithItem(failure -> unopened(task, (DGridException) failure));
  }

  /** A scheduler that does not answer is not the node's fault. */
  private static Outcome unopened(ReplayTask task, DGridException failure) {
    LOG.debugf("no opening of %s: %s", task.hash(), failure.getMessage());
    boolean nodeWasAsked =
        failure.code() != ErrorCode.UNAVAILABLE && failure.code() != ErrorCode.PERMISSION_DENIED;
    return nodeWasAsked
        ? new Postponed("no opening", Decided.unopened(task.tokens(), "no opening"))
        : new Postponed("no scheduler", Decided.untestable(task.tokens(), "no scheduler"));
  }

  private Uni<Outcome> judge(ReplayTask task, Opening opening, CatalogueEntry model) {
    return switch (OpeningRules.check(task.issued(), opening, model)) {
      case Finding.Fraud(String why) -> done(Decided.fraud(task.tokens(), why));
      case Finding.Foreign(String why) -> done(foreign(task, why));
      case Finding.Fits() -> {
        AssuranceClass assurance = AssuranceClass.of(model.manifest().assuranceClass());
        yield task.tokens() == 0 || assurance == AssuranceClass.CLOSED
            ? done(Decided.untestable(task.tokens(), "nothing to score"))
            : ask(hearing(task, opening, assurance));
      }
    };
  }

  private static Outcome foreign(ReplayTask task, String why) {
    Decided end = Decided.fraud(task.tokens(), "no valid opening: " + why);
    return task.tries() + 1 < FOREIGN_OPENINGS ? new Postponed("foreign opening", end) : end;
  }

  private static Hearing hearing(ReplayTask task, Opening opening, AssuranceClass assurance) {
    Set<Address> excluded = new LinkedHashSet<>();
    excluded.add(task.receipt().node());
    return new Hearing(task, opening, assurance, excluded, new ArrayList<>());
  }

  /** Asks one more verifier, then decides or asks again. */
  private Uni<Outcome> ask(Hearing hearing) {
    return fleet
        .score(hearing.task(), hearing.opening(), hearing.excluded())
        .emitOn(Infrastructure.getDefaultWorkerPool())
        .chain(scores -> hear(hearing, scores))
        .onFailure(DGridException.class)
        .recoverWithItem(failure -> unscored(hearing, (DGridException) failure));
  }

  private Uni<Outcome> hear(Hearing hearing, Scores scores) {
    Opening opening = hearing.opening();
    Claim claim =
        new Claim(Wire.ints(opening.getTokenIdsList()), Wire.ints(opening.getLogprobsList()));
    Measurement measured =
        ScoreRules.read(scores, hearing.task().hash(), hearing.excluded(), claim.tokens(), domain);
    hearing.ballots().add(new Ballot(scores, tests.compare(hearing.assurance(), claim, measured)));
    hearing.excluded().add(Wire.address(scores.getVerifier(), "scores.verifier"));
    Optional<Decided> decided = decide(hearing.ballots(), true);
    return decided.isPresent() ? done(decided.get()) : ask(hearing);
  }

  private Outcome unscored(Hearing hearing, DGridException failure) {
    LOG.debugf("no scores for %s: %s", hearing.task().hash(), failure.getMessage());
    if (!hearing.ballots().isEmpty() && failure.code() == ErrorCode.NO_WORKER) {
      return decide(hearing.ballots(), false).orElseThrow();
    }
    String reason =
        switch (failure.code()) {
          case INVALID_REQUEST -> "invalid scores";
          case NO_WORKER -> "no verifier";
          default -> "verifier failed";
        };
    return new Postponed(reason, Decided.untestable(hearing.task().tokens(), reason));
  }

  private Optional<Decided> decide(List<Ballot> ballots, boolean more) {
    List<VerdictResult> votes = ballots.stream().map(b -> b.comparison().result()).toList();
    return Escalation.decide(votes, more, verifierLimit).map(result -> decided(ballots, result));
  }

  /** The numbers are those of the first verifier that found the result. */
  private static Decided decided(List<Ballot> ballots, VerdictResult result) {
    Ballot shown =
        ballots.stream()
            .filter(b -> b.comparison().result() == result)
            .findFirst()
            .orElse(ballots.getFirst());
    Comparison c = shown.comparison();
    return new Decided(
        new Comparison(
            result,
            c.testsRun() | Verdict.T4,
            c.testsFailed(),
            c.tokens(),
            c.logprobDistance(),
            c.redrawMismatches()),
        Optional.of(shown.scores()),
        "scored by " + ballots.size());
  }

  private static Uni<Outcome> done(Outcome outcome) {
    return Uni.createFrom().item(outcome);
  }
}
