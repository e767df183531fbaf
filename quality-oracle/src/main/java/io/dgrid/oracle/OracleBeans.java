package io.dgrid.oracle;

import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.Catalogue;
import io.dgrid.oracle.compare.Calibration;
import io.dgrid.oracle.compare.IntegrityTests;
import io.dgrid.oracle.sample.SamplingRate;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes the pure parts from the settings. */
@ApplicationScoped
class OracleBeans {
  private static final int MILLION = 1_000_000;

  @Produces
  @Singleton
  Signer key(OracleConfig config) {
    try {
      return SigningKey.readOrCreate(config.keyFile());
    } catch (IOException unreadable) {
      throw new UncheckedIOException(
          "dgrid.oracle.key-file: " + unreadable.getMessage(), unreadable);
    }
  }

  @Produces
  @Singleton
  Catalogue catalogue(@ConfigProperty(name = "dgrid.catalogue.directory") Path directory) {
    return Catalogue.read(directory);
  }

  @Produces
  @Singleton
  SamplingRate samplingRate(OracleConfig config) {
    return new SamplingRate(
        micros("sample-rate", config.sampleRate()),
        micros("deterrence-rate", config.deterrenceRate()));
  }

  @Produces
  @Singleton
  IntegrityTests integrityTests(OracleConfig config) {
    OracleConfig.Calibration c = config.calibration();
    return new IntegrityTests(
        new Calibration(
            c.meanDistance(), c.distanceDeviation(), c.redrawMismatchRate(), c.significance()));
  }

  private static int micros(String key, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalStateException("dgrid.oracle." + key + " must be 0 to 1, it is " + share);
    }
    return (int) Math.round(share * MILLION);
  }
}
