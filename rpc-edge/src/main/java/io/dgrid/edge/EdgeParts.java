package io.dgrid.edge;

import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.receipt.SignerCache;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Things read once at the start: the session key and the catalogue. */
@ApplicationScoped
class EdgeParts {
  private static final int REMEMBERED_SIGNERS = 8192;

  @Produces
  @Singleton
  Signer sessionKey(EdgeConfig config) {
    try {
      return SigningKey.readOrCreate(config.keyFile());
    } catch (IOException unusable) {
      throw new UncheckedIOException("dgrid.edge.key-file: " + unusable.getMessage(), unusable);
    }
  }

  @Produces
  @Singleton
  Catalogue catalogue(CatalogueConfig config) {
    return Catalogue.read(config.directory());
  }

  /** A request's signer is asked for when it comes and when its receipts do. */
  @Produces
  @Singleton
  SignerCache signers() {
    return new SignerCache(REMEMBERED_SIGNERS);
  }
}
