package io.dgrid.worker;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.BrokenCatalogueException;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.Pricing;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.worker.engine.Engine;
import io.dgrid.worker.engine.EngineException;
import io.dgrid.worker.hardware.Hardware;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.model.ServedModel;
import io.dgrid.worker.receipt.JournalLimits;
import io.dgrid.worker.receipt.ReceiptJournal;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Starts the agent with the process and drains it on SIGTERM. */
@ApplicationScoped
class WorkerProcess {
  private static final Logger LOG = Logger.getLogger(WorkerProcess.class);
  private static final Duration DRIVER_PATIENCE = Duration.ofSeconds(5);
  private static final int FAILED = 1;

  private final WorkerConfig config;
  private final Domain domain;
  private final Path catalogueDirectory;
  private final String version;
  private final MeterRegistry meters;
  private final JobTracer tracer;
  private final InstantSource clock;
  private volatile @Nullable WorkerAgent agent;

  WorkerProcess(
      WorkerConfig config,
      Domain domain,
      @ConfigProperty(name = "dgrid.catalogue.directory") Path catalogueDirectory,
      @ConfigProperty(name = "quarkus.application.version") String version,
      MeterRegistry meters,
      JobTracer tracer,
      InstantSource clock) {
    this.config = config;
    this.domain = domain;
    this.catalogueDirectory = catalogueDirectory;
    this.version = version;
    this.meters = meters;
    this.tracer = tracer;
    this.clock = clock;
  }

  Optional<WorkerAgent> agent() {
    return Optional.ofNullable(agent);
  }

  /** What the operator must change is one line, not the bottom of a stack trace. */
  void start(@Observes StartupEvent event) {
    try {
      start();
    } catch (StartupException refused) {
      LOG.errorf("cannot start: %s", refused.getMessage());
      LOG.debug("cannot start", refused);
      Quarkus.asyncExit(FAILED);
    }
  }

  private void start() {
    SigningKey key = readKey();
    CatalogueEntry entry = findModel();
    Pricing pricing =
        new Pricing(
            price("price-input", config.priceInput()), price("price-output", config.priceOutput()));
    Engine engine = openEngine(entry);
    try {
      ReceiptJournal journal = openJournal(key.address());
      WorkerAgent started =
          new WorkerAgent(parts(key, ServedModel.of(entry), pricing, engine, journal), clock);
      agent = started;
      started.start();
      LOG.infof("node %s serves %s with %d slots", key.address(), config.model(), config.slots());
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  void stop(@Observes ShutdownEvent event) {
    WorkerAgent running = agent;
    if (running != null) {
      running.drain(config.drainTimeout());
      running.close();
    }
  }

  private WorkerAgent.Parts parts(
      SigningKey key, ServedModel model, Pricing pricing, Engine engine, ReceiptJournal journal) {
    WorkerAgent.Settings settings =
        new WorkerAgent.Settings(
            config.schedulers(),
            pricing,
            config.slots(),
            config.offer().validity(),
            config.offer().renewal(),
            config.scoring().enabled(),
            config.scoring().queue(),
            config.scoring().timeout());
    return new WorkerAgent.Parts(
        settings,
        domain,
        key,
        model,
        engine,
        journal,
        new WorkerMetrics(meters, config.model(), config.engine().name().toLowerCase(Locale.ROOT)),
        tracer,
        config.name().orElseGet(WorkerProcess::hostName),
        Hardware.describe(DRIVER_PATIENCE),
        version);
  }

  private SigningKey readKey() {
    try {
      return SigningKey.read(config.keyFile());
    } catch (java.nio.file.NoSuchFileException missing) {
      throw new StartupException("the key file " + config.keyFile() + " does not exist", missing);
    } catch (IOException unusable) {
      throw new StartupException(unusable.getMessage(), unusable);
    }
  }

  private CatalogueEntry findModel() {
    try {
      return Catalogue.read(catalogueDirectory)
          .find(config.model())
          .orElseThrow(
              () ->
                  new StartupException(
                      "the catalogue %s has no model '%s'"
                          .formatted(catalogueDirectory, config.model())));
    } catch (BrokenCatalogueException broken) {
      throw new StartupException(broken.getMessage(), broken);
    }
  }

  private Engine openEngine(CatalogueEntry entry) {
    try {
      return EngineOpener.open(config, entry);
    } catch (EngineException unusable) {
      throw new StartupException(unusable.error() + ": " + unusable.getMessage(), unusable);
    }
  }

  private ReceiptJournal openJournal(Address node) {
    WorkerConfig.Receipts settings = config.receipts();
    try {
      return ReceiptJournal.open(
          config.dataDirectory().resolve("receipts"),
          node,
          new JournalLimits(settings.retention(), settings.maxBytes(), settings.segmentBytes()),
          clock);
    } catch (IOException unusable) {
      throw new StartupException("the receipt journal: " + unusable.getMessage(), unusable);
    }
  }

  private static Price price(String key, String value) {
    try {
      return Price.parse(value);
    } catch (IllegalArgumentException malformed) {
      throw new StartupException(
          "dgrid.worker.%s is '%s', it must be an unsigned integer of smallest units per million tokens"
              .formatted(key, value));
    }
  }

  private static String hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName();
      return name.length() <= 64 ? name : name.substring(0, 64);
    } catch (UnknownHostException nameless) {
      return "worker";
    }
  }
}
