package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.Signatures;
import io.dgrid.core.identity.Signer;
import java.util.Optional;

/** A statement with a signature that nobody has checked yet. */
public record Signed<T extends Statement>(T statement, Signature signature) {

  public static <T extends Statement> Signed<T> by(Signer signer, Domain domain, T statement) {
    return new Signed<>(statement, signer.sign(statement.digest(domain)));
  }

  /** Who signed it in this domain; empty when the signature fits no key. */
  public Optional<Address> signer(Domain domain) {
    return Signatures.recover(statement.digest(domain), signature);
  }

  public boolean isBy(Address expected, Domain domain) {
    return signer(domain).filter(expected::equals).isPresent();
  }
}
