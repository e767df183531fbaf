package io.dgrid.acceptance.dsl;

import io.dgrid.core.identity.Address;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A worker that sells one model and runs another one, in the place of an honest worker and under
 * its node's key; closing it brings the honest one back.
 */
public final class Liar implements AutoCloseable {
  private static final BigInteger BARGAIN = BigInteger.TEN.pow(17);

  private final Worker honest;
  private final Substitute substitute;

  private Liar(Worker honest, Substitute substitute) {
    this.honest = honest;
    this.substitute = substitute;
  }

  /** Replaces an honest worker, cheaper than everybody else. */
  static Liar insteadOf(Worker honest, Path weights, Path logs) {
    Map<String, String> changed = new LinkedHashMap<>();
    changed.put("dgrid.worker.embedded.weights", weights.toString());
    changed.put("dgrid.worker.embedded.verify-weights", "false");
    changed.put("dgrid.worker.price-input", BARGAIN.toString());
    changed.put("dgrid.worker.price-output", BARGAIN.toString());
    Liar liar = new Liar(honest, Substitute.of(honest, "liar", changed, logs));
    try {
      liar.substitute.waitUntilReady();
      honest.waitUntilItOffers();
      return liar;
    } catch (RuntimeException | AssertionError failed) {
      liar.close();
      throw failed;
    }
  }

  public Address address() {
    return honest.address();
  }

  @Override
  public void close() {
    substitute.close();
  }
}
