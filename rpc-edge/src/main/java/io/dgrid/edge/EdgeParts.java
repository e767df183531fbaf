package io.dgrid.edge;

import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.Catalogue;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Things read once at the start: the session key and the catalogue. */
@ApplicationScoped
class EdgeParts {

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
}
