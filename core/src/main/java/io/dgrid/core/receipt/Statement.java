package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;

/** Something that can be signed: a struct of {@code docs/protocol.md}. */
public sealed interface Statement
    permits AccountRead,
        ApiKeyCreation,
        ApiKeyRevocation,
        JobRequest,
        KeyGrant,
        Offer,
        Receipt,
        ScoreReport,
        SessionProof,
        Verdict,
        Voucher {

  Hash structHash();

  default Hash digest(Domain domain) {
    return domain.digest(structHash());
  }
}
