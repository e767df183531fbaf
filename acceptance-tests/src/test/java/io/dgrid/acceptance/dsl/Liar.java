package io.dgrid.acceptance.dsl;

import io.dgrid.core.identity.Address;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.local.process.ProcessSpec;
import io.dgrid.local.process.Supervisor;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A worker that sells one model and runs another one, in the place of an honest worker and under
 * its node's key; closing it brings the honest one back.
 */
public final class Liar implements AutoCloseable {
  private static final BigInteger BARGAIN = BigInteger.TEN.pow(17);

  private final Worker honest;
  private final Supervisor supervisor;

  private Liar(Worker honest, Supervisor supervisor) {
    this.honest = honest;
    this.supervisor = supervisor;
  }

  /** Replaces an honest worker, cheaper than everybody else. */
  static Liar insteadOf(Worker honest, Path weights, Path logs) {
    honest.leaves();
    ProcessSpec spec = honest.process().spec();
    Supervisor supervisor = new Supervisor(logs, report -> {});
    Liar liar = new Liar(honest, supervisor);
    Map<String, String> changed = new LinkedHashMap<>();
    changed.put("dgrid.worker.embedded.weights", weights.toString());
    changed.put("dgrid.worker.embedded.verify-weights", "false");
    changed.put("dgrid.worker.price-input", BARGAIN.toString());
    changed.put("dgrid.worker.price-output", BARGAIN.toString());
    try {
      List<ManagedProcess> started = supervisor.launch(List.of(with(spec, changed)));
      supervisor.awaitReady(started, (process, took) -> {});
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

  private static ProcessSpec with(ProcessSpec spec, Map<String, String> changed) {
    List<String> command = new ArrayList<>(spec.command());
    command.removeIf(
        argument -> changed.keySet().stream().anyMatch(k -> argument.startsWith("-D" + k + "=")));
    // After the program itself: everything up to -jar are options of the JVM.
    changed.forEach((key, value) -> command.add(command.indexOf("-jar"), "-D" + key + "=" + value));
    return ProcessSpec.of("liar", command, spec.directory(), spec.readiness())
        .withTimeouts(spec.startTimeout(), spec.stopTimeout());
  }

  @Override
  public void close() {
    supervisor.close();
    honest.startsAgain();
  }
}
