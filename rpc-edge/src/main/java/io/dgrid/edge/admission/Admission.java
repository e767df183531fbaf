package io.dgrid.edge.admission;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.edge.EdgeConfig;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;

/** Judges submissions off the event loop: tokenising a long prompt takes its time. */
@ApplicationScoped
public class Admission {
  private final AdmissionRules rules;
  private final InstantSource clock;

  Admission(
      Catalogue catalogue,
      Domain domain,
      SignerCache signers,
      EdgeConfig config,
      InstantSource clock) {
    this.rules = new AdmissionRules(catalogue, domain, signers, config.admission());
    this.clock = clock;
  }

  /** Fails with the code of the first rule that is broken. */
  public Uni<Candidate> check(Submission submission) {
    return Uni.createFrom()
        .item(() -> rules.check(submission, clock.millis()))
        .runSubscriptionOn(Infrastructure.getDefaultWorkerPool());
  }
}
