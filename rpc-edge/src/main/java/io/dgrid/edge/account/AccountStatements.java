package io.dgrid.edge.account;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.receipt.AccountRead;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Statement;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.market.v1.AccountProof;
import io.dgrid.transport.codec.Wire;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.InstantSource;

/** Statements a client signs about its own account: fresh, and by the client itself. */
@ApplicationScoped
class AccountStatements {
  private final Domain domain;
  private final InstantSource clock;
  private final Duration maxAhead;

  AccountStatements(Domain domain, InstantSource clock, EdgeConfig config) {
    this.domain = domain;
    this.clock = clock;
    this.maxAhead = config.accounts().maxProofAhead();
  }

  /** Whose account may be read; throws REQUEST_EXPIRED or INVALID_SIGNATURE. */
  Address reader(AccountProof proof) {
    Address client = Wire.address(proof.getClient(), "proof.client");
    Signature signature = Wire.signature(proof.getSignature(), "proof.signature");
    requireFresh(proof.getValidBefore());
    requireSigned(new AccountRead(client, proof.getValidBefore()), client, signature);
    return client;
  }

  void requireFresh(long validBefore) {
    long now = clock.millis();
    if (validBefore <= now || validBefore > now + maxAhead.toMillis()) {
      throw new DGridException(
          ErrorCode.REQUEST_EXPIRED,
          "valid_before must lie ahead by at most %d seconds".formatted(maxAhead.toSeconds()));
    }
  }

  void requireSigned(Statement statement, Address client, Signature signature) {
    if (!new Signed<>(statement, signature).isBy(client, domain)) {
      throw new DGridException(
          ErrorCode.INVALID_SIGNATURE, "not signed by the client %s itself".formatted(client));
    }
  }
}
