package io.dgrid.worker;

import io.dgrid.worker.engine.openai.Dialect;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of a worker agent. */
@ConfigMapping(prefix = "dgrid.worker")
public interface WorkerConfig {

  /** Schedulers to dial, {@code host:port}; one session at a time, the next one when it is lost. */
  List<String> schedulers();

  /** The node's private key: 64 hex digits, mode 600. */
  Path keyFile();

  /** Name of this process, unique per node, up to 64 characters; default: the host's name. */
  Optional<String> name();

  /** Holds the receipt journal; never shared by two processes, never restored to an older state. */
  @WithDefault("data/worker")
  Path dataDirectory();

  /** What runs the model. */
  @WithDefault("embedded")
  EngineKind engine();

  /** Catalogue name of the served model. */
  @WithDefault("dgrid/demo-1m")
  String model();

  /** Asked price, smallest units per million input tokens. */
  String priceInput();

  /** Asked price, smallest units per million output tokens. */
  String priceOutput();

  /** Attempts that run at once. */
  @WithDefault("2")
  int slots();

  /** How long a stop waits for running attempts before it hands them over. */
  @WithDefault("20s")
  Duration drainTimeout();

  Offers offer();

  Receipts receipts();

  Scoring scoring();

  Embedded embedded();

  OpenAi openai();

  /** Kinds of engine. */
  enum EngineKind {
    /** The Java decoder in this process. */
    EMBEDDED,
    /** An OpenAI-shaped HTTP server. */
    OPENAI
  }

  /** The signed, expiring ask. */
  interface Offers {
    /** How long an offer stands. */
    @WithDefault("60s")
    Duration validity();

    /** Age at which it is signed anew. */
    @WithDefault("20s")
    Duration renewal();
  }

  /** The receipt journal. */
  interface Receipts {
    /** How long openings are kept for auditors. */
    @WithDefault("7d")
    Duration retention();

    /** Size of the journal at which the oldest openings go earlier, bytes. */
    @WithDefault("268435456")
    long maxBytes();

    /** Size at which a new journal file starts, bytes. */
    @WithDefault("8388608")
    long segmentBytes();
  }

  /** Scoring for the oracle. */
  interface Scoring {
    /** Whether this worker verifies receipts of others, where its engine can. */
    @WithDefault("true")
    boolean enabled();

    /** Score calls that may wait. */
    @WithDefault("8")
    int queue();

    /** Bound on one score call. */
    @WithDefault("60s")
    Duration timeout();
  }

  /** The embedded engine. */
  interface Embedded {
    /** Folder with {@code model.gguf}; default: the model's folder in the catalogue. */
    Optional<Path> modelDirectory();

    /** The weights file itself; before {@code model-directory}. */
    Optional<Path> weights();

    /** Whether the weights must have the digest of the manifest. */
    @WithDefault("true")
    boolean verifyWeights();
  }

  /** An OpenAI-shaped HTTP server. */
  interface OpenAi {
    /** Base address such as {@code http://127.0.0.1:8000}; required for this engine. */
    Optional<String> url();

    /** Model name to ask for; default: the catalogue name. */
    Optional<String> model();

    /** File with a bearer token, if the server wants one. */
    Optional<Path> apiKeyFile();

    /** Which server it is: decides how token ids and scores are asked for. */
    @WithDefault("vllm")
    Dialect dialect();

    /** Bound on connecting. */
    @WithDefault("5s")
    Duration connectTimeout();

    /** Longest silence of the server before an answer counts as stalled. */
    @WithDefault("30s")
    Duration idleTimeout();

    /** Bound on one whole answer. */
    @WithDefault("10m")
    Duration answerTimeout();

    /** Whether scores are asked for; the server's prefix cache must be off then. */
    @WithDefault("false")
    boolean scoring();
  }
}
