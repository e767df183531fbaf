package io.dgrid.oracle;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Settings of the oracle. */
@ConfigMapping(prefix = "dgrid.oracle")
public interface OracleConfig {
  /** The oracle's private key; made with mode 600 when the file is not there. */
  Path keyFile();

  /** Schedulers as {@code host:port}; all of them are asked for a node or a verifier. */
  List<String> schedulers();

  /** Least share of receipts that are replayed, 0 to 1; a demonstration sets 1. */
  @WithDefault("0")
  double sampleRate();

  /** p*: the share at which cheating stops to pay, 0 to 1. */
  @WithDefault("0.003")
  double deterrenceRate();

  /** How long one sampling secret is used. */
  @WithDefault("1h")
  Duration epoch();

  Replay replay();

  Calibration calibration();

  /** Bounds of re-execution. */
  interface Replay {
    /** Replays at once. */
    @WithDefault("4")
    int inFlight();

    /** A receipt that cannot be replayed for this long gets the verdict INCONCLUSIVE. */
    @WithDefault("2m")
    Duration giveUpAfter();

    /** Longest wait for a node to show what it committed to. */
    @WithDefault("10s")
    Duration openTimeout();

    /** Longest wait for one verifier. */
    @WithDefault("30s")
    Duration scoreTimeout();

    @WithDefault("250ms")
    Duration firstBackoff();

    @WithDefault("10s")
    Duration longestBackoff();

    /** Most verifiers asked before a MISMATCH. */
    @WithDefault("3")
    int verifiers();
  }

  /** How far honest engines on different hardware differ; see docs/trust-model.md. */
  interface Calibration {
    /** Mean of min(|claimed − verified|, 1), nats. */
    @WithDefault("0.02")
    double meanDistance();

    /** Standard deviation of one token's distance, nats. */
    @WithDefault("0.06")
    double distanceDeviation();

    /** Probability that an honest redraw differs. */
    @WithDefault("0.01")
    double redrawMismatchRate();

    /** Probability of a false MISMATCH per comparison. */
    @WithDefault("0.0001")
    double significance();
  }
}
