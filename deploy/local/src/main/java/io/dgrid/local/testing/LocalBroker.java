package io.dgrid.local.testing;

import io.dgrid.local.Ports;
import io.dgrid.local.broker.BrokerProcess;
import io.dgrid.local.broker.EmbeddedBroker;
import io.dgrid.local.broker.Topics;
import io.dgrid.local.process.ManagedProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A real broker for a test, on free ports, with the protocol's topics. */
public final class LocalBroker implements AutoCloseable {
  private final Scratch scratch;
  private final String bootstrapServers;
  private final Optional<EmbeddedBroker> inside;
  private final Optional<ManagedProcess> process;

  private LocalBroker(
      Scratch scratch,
      String bootstrapServers,
      Optional<EmbeddedBroker> inside,
      Optional<ManagedProcess> process) {
    this.scratch = scratch;
    this.bootstrapServers = bootstrapServers;
    this.inside = inside;
    this.process = process;
  }

  /** In this JVM: the fastest, for tests that do not kill it. */
  public static LocalBroker start() {
    var scratch = new Scratch("kafka");
    return scratch.orClose(() -> startIn(scratch));
  }

  private static LocalBroker startIn(Scratch scratch) {
    List<Integer> ports = Ports.free(2);
    EmbeddedBroker broker = EmbeddedBroker.start(ports.get(0), ports.get(1), scratch.folder());
    Topics.createMissing(broker.bootstrapServers());
    return new LocalBroker(
        scratch, broker.bootstrapServers(), Optional.of(broker), Optional.empty());
  }

  /** As a process of its own, for tests that kill it and start it again: see {@link #process()}. */
  public static LocalBroker startProcess() {
    var scratch = new Scratch("kafka");
    return scratch.orClose(() -> startProcessIn(scratch));
  }

  private static LocalBroker startProcessIn(Scratch scratch) {
    List<Integer> ports = Ports.free(2);
    Path folder = scratch.folder();
    var spec = BrokerProcess.spec("kafka", ports.get(0), ports.get(1), folder);
    ManagedProcess process =
        scratch.supervisor().startWave(List.of(spec), (ready, took) -> {}).getFirst();
    String bootstrapServers = "127.0.0.1:" + ports.get(0);
    Topics.createMissing(bootstrapServers);
    return new LocalBroker(scratch, bootstrapServers, Optional.empty(), Optional.of(process));
  }

  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** The process to kill, suspend or start again. */
  public ManagedProcess process() {
    return process.orElseThrow(
        () -> new IllegalStateException("started inside of this JVM; use startProcess()"));
  }

  @Override
  public void close() {
    inside.ifPresent(EmbeddedBroker::close);
    scratch.close();
  }
}
