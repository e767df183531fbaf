package io.dgrid.scheduler;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Settings of the scheduler. */
@ConfigMapping(prefix = "dgrid.scheduler")
public interface SchedulerConfig {
  /** Stake a node needs to be given jobs, smallest units; 0: none. */
  @WithDefault("0")
  BigInteger minimumStake();

  /**
   * Keys whose verdicts count for reputation; without any, whatever the topic says counts. The
   * chain knows them as oracles of the node registry.
   */
  Optional<List<String>> oracleAddress();

  /** host:port at which the other schedulers reach this one; its name in the consumer group. */
  @WithDefault("127.0.0.1:9100")
  String advertisedAddress();

  Session session();

  Attempts attempts();

  Market market();

  Log log();

  Relay relay();

  Peer peer();

  /** Worker sessions and leases. */
  interface Session {
    /** A worker must speak at least this often. */
    @WithDefault("2s")
    Duration heartbeat();

    /** An attempt is void when its worker was silent for this long. */
    @WithDefault("10s")
    Duration lease();

    /** How long a worker may take for hello and proof. */
    @WithDefault("5s")
    Duration handshake();

    /** Messages that may wait for a worker which does not read; more closes its session. */
    @WithDefault("1024")
    int outbox();

    /** Messages of one worker that may wait for the scheduler; more stop its stream. */
    @WithDefault("64")
    int inbox();

    /** Time a worker has to open a receipt. */
    @WithDefault("10s")
    Duration openTimeout();

    /** Time a worker has to score a receipt. */
    @WithDefault("60s")
    Duration scoreTimeout();
  }

  /** Bounds of attempts. */
  interface Attempts {
    /** Attempts in a row without a token after which a job fails. */
    @WithDefault("3")
    int fruitless();

    /** Attempts in a row that cost their worker after which a job is taken for poison and fails. */
    @WithDefault("3")
    int lostWorkers();

    /** Attempts of any kind after which a job fails. */
    @WithDefault("16")
    int most();

    /** How long a broken session may take to come back before its attempts move on. */
    @WithDefault("1s")
    Duration grace();

    /** After taking over a partition: how long workers may take to report what they run. */
    @WithDefault("5s")
    Duration adoption();

    /** Longest wait for an attempt's first token. */
    @WithDefault("20s")
    Duration firstChunk();

    /** Longest pause between tokens while more are allowed. */
    @WithDefault("10s")
    Duration nextChunk();

    /** How long a cancelled attempt may take to hand in its receipt. */
    @WithDefault("5s")
    Duration ending();
  }

  /** Matching. */
  interface Market {
    /** How long a job waits for a first worker that offers its model. */
    @WithDefault("10s")
    Duration noWorkerAfter();

    /**
     * Over how many partitions the jobs of a model are spread, by model id; others are on one.
     * Edges follow the lowest number that any scheduler has, so it can be changed one scheduler
     * after the other.
     */
    Map<String, Integer> spread();
  }

  /** Topics. */
  interface Log {
    /** Consumer group of all schedulers of a network. */
    @WithDefault("dgrid-scheduler")
    String group();

    /**
     * Silence after which a scheduler is taken for dead and its partitions move; not below the
     * broker's group.min.session.timeout.ms (6 s unless set). It beats six times as often.
     */
    @WithDefault("6s")
    Duration sessionTimeout();

    /** Live jobs above which no more are taken from the log. */
    @WithDefault("10000")
    int mostLiveJobs();

    /** How far back finished jobs are remembered after a start. */
    @WithDefault("1h")
    Duration memory();

    /** How often progress is committed. */
    @WithDefault("1s")
    Duration commitEvery();
  }

  /** Streams to the edges. */
  interface Relay {
    /** Tokens an attempt may send before its edge has spoken. */
    @WithDefault("64")
    int initialWindow();

    /** Frames that may wait for one edge. */
    @WithDefault("1024")
    int outbox();

    /** Longest pause between two tries to reach an edge. */
    @WithDefault("2s")
    Duration longestBackoff();

    /** How long a finished job can still be read again. */
    @WithDefault("60s")
    Duration retention();
  }

  /** Streams to the schedulers that own the models of workers connected here. */
  interface Peer {
    /**
     * Messages of one worker that may wait for one owner; from half of them on the worker's session
     * is not read. More than twice {@code session.inbox} plus 512.
     */
    @WithDefault("1024")
    int outbox();

    /** Longest pause between two tries to reach an owner. */
    @WithDefault("1s")
    Duration longestBackoff();

    /** How often the coordinator is asked for the owners while nothing happens. */
    @WithDefault("1s")
    Duration refresh();

    /**
     * How long a free slot is kept for the owner whose turn it is while jobs of several owners wait
     * for its worker; longer than a grant takes.
     */
    @WithDefault("250ms")
    Duration firstRefusal();

    /**
     * How long jobs of partitions that came here wait for workers that other schedulers know, so
     * that the best offer wins from the first grant on; not above {@code attempts.adoption}.
     */
    @WithDefault("2s")
    Duration muster();
  }
}
