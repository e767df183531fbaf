package io.dgrid.edge;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of an edge. Amounts and prices are decimal strings in smallest units. */
@ConfigMapping(prefix = "dgrid.edge")
public interface EdgeConfig {
  /** Session key of this edge, 64 hex digits, mode 600; made when the file does not exist. */
  Path keyFile();

  /** {@code host:port} under which schedulers reach this edge's gRPC server. */
  String relayAddress();

  /** Schedulers as {@code host:port}. */
  List<String> schedulers();

  /** Settlement service as {@code host:port}; absent: no proofs here. */
  Optional<String> settlement();

  /** Address of the quality oracle's key; told to clients. */
  Optional<String> oracleAddress();

  /** Contract name to address; told to clients. Settlement is added by itself. */
  Map<String, String> contracts();

  /** Protocol fee of each payment in basis points; told to clients. */
  @WithDefault("0")
  int feeBasisPoints();

  Admission admission();

  Limits limits();

  Streams streams();

  Accounts accounts();

  OpenAi openai();

  Timeouts timeouts();

  /** Bounds of requests. */
  interface Admission {
    /** Largest prompt, UTF-8 bytes over all its parts. */
    @WithDefault("1048576")
    int maxPromptBytes();

    /** Most messages of a conversation. */
    @WithDefault("1024")
    int maxMessages();

    /** How far ahead a signed expiry may lie. */
    @WithDefault("PT1H")
    Duration maxExpiryAhead();

    /** Longest time for a whole answer; also the default. */
    @WithDefault("PT10M")
    Duration maxTimeout();

    /** Live jobs of one client; more are RATE_LIMITED. */
    @WithDefault("64")
    int maxLiveJobs();

    /** Receipts a direct client may leave without a voucher. */
    @WithDefault("4")
    int maxUnconfirmedReceipts();

    /**
     * How long after its deadline a job whose end never showed up keeps its hold. Not less than the
     * retention of the topic of job events: after it no end can come any more.
     */
    @WithDefault("PT168H")
    Duration forgottenAfter();

    /** How long an idempotency key is remembered. */
    @WithDefault("PT24H")
    Duration idempotencyRetention();

    /**
     * How old the known offers of a scheduler may be: then it is asked anew, and nobody is refused
     * for his price before it has answered. Whom they let in does not wait for that.
     */
    @WithDefault("PT1S")
    Duration offersMaxAge();

    /** How long the last offers of a scheduler that does not answer count: a restart is shorter. */
    @WithDefault("PT15S")
    Duration offersKept();
  }

  /** How much one party may ask, and how much this edge takes on. Over it: RATE_LIMITED. */
  interface Limits {
    /** Jobs per second of one account (and of one API key); 0: any number. */
    @WithDefault("200")
    int accountRate();

    /** Jobs of one account at once after a pause. */
    @WithDefault("400")
    int accountBurst();

    /**
     * Submissions per second from one network address, right or wrong; 0: any number, for an edge
     * behind a proxy.
     */
    @WithDefault("1000")
    int peerRate();

    /** Submissions from one network address at once after a pause. */
    @WithDefault("2000")
    int peerBurst();

    /** Submissions that are tokenised and whose signatures are checked at once. */
    @WithDefault("4")
    int verifications();

    /** Jobs that are in the database's hands at once, where they share transactions. */
    @WithDefault("64")
    int acceptances();

    /**
     * Of either, of one account, less than all. Also its most jobs without a first token while
     * other accounts ask; fewer when the network is busy.
     */
    @WithDefault("16")
    int turnsPerAccount();

    /** Submissions that wait for either, over all accounts. */
    @WithDefault("2048")
    int maxWaiting();

    /** Of those, of one account. */
    @WithDefault("128")
    int maxWaitingPerAccount();

    /** Who would have to wait longer for either is refused at once. */
    @WithDefault("PT2S")
    Duration maxWait();
  }

  /** Streams of running and just finished jobs. */
  interface Streams {
    /** Tokens the engine may be ahead of the client. */
    @WithDefault("256")
    int window();

    /**
     * How long a job whose client's connection broke waits for Resume before it is cancelled. A
     * client that cancels its call, or calls Cancel, ends the job at once.
     */
    @WithDefault("PT2S")
    Duration abandonGrace();

    /** How long a job that outlived its edge waits for Resume. */
    @WithDefault("PT60S")
    Duration orphanGrace();

    /** How long a finished stream stays for Resume. */
    @WithDefault("PT2M")
    Duration retention();

    /** Most streams in memory, finished ones included. */
    @WithDefault("4096")
    int maxStreams();

    /** How long after its deadline a job without an end is given up. */
    @WithDefault("PT5S")
    Duration deadlineMargin();

    /** How long missing tokens are waited for once all who may have them have told the end. */
    @WithDefault("PT3S")
    Duration gapWait();

    /**
     * How long they are waited for before that: an edge that was suspended or cut off has to join
     * its readers of the log anew, and a relay that fell silent is noticed after 15 s.
     */
    @WithDefault("PT20S")
    Duration logWait();
  }

  /** Accounts and keys. */
  interface Accounts {
    /** Most API keys of a client that are not revoked. */
    @WithDefault("100")
    int maxApiKeys();

    /** Longest validity of a signed account statement. */
    @WithDefault("PT10M")
    Duration maxProofAhead();

    /** Validity of vouchers this edge signs. */
    @WithDefault("P30D")
    Duration voucherValidity();
  }

  /** The OpenAI-shaped API. */
  interface OpenAi {
    /** Maximum price of a request that names none, smallest units per million tokens. */
    @WithDefault("5000000000000000000")
    String defaultMaxPrice();

    /** Longest answer of a request that names none; the model's own limit bounds it. */
    @WithDefault("256")
    int defaultMaxTokens();

    /** Longest time for a whole answer. */
    @WithDefault("PT5M")
    Duration timeout();
  }

  /** Waits on other parts. */
  interface Timeouts {
    /** One database transaction. */
    @WithDefault("PT5S")
    Duration database();

    /** The broker's acknowledgement of a job. */
    @WithDefault("PT10S")
    Duration publish();

    /** A call to a scheduler. */
    @WithDefault("PT2S")
    Duration scheduler();

    /** A call to settlement. */
    @WithDefault("PT5S")
    Duration settlement();

    /** How long streams may go on after the process was told to stop. */
    @WithDefault("PT10S")
    Duration drain();
  }
}
