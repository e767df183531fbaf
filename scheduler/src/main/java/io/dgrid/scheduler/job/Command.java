package io.dgrid.scheduler.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;

/** What can happen to a job. */
public sealed interface Command {

  /** The market chose this worker; for a job that has one, as the second of a race. */
  record Grant(WorkerId worker, Signed<Offer> offer) implements Command {}

  /** The grant is in the log. */
  record GrantDurable(int attempt) implements Command {}

  record ChunkArrived(WorkerId worker, Chunk chunk) implements Command {}

  record ResultArrived(WorkerId worker, int attempt, Result result) implements Command {}

  /** A worker's state lists the attempt as running. */
  record WorkerReported(WorkerId worker, int attempt) implements Command {}

  /** The worker's session ended or its lease ran out. */
  record SessionLost(WorkerId worker) implements Command {}

  /** The edge takes tokens at positions below this. */
  record Allow(int until) implements Command {}

  record Cancel(String reason) implements Command {}

  /** No worker can be had; only a queued job hears it. */
  record Refuse(DGridException failure) implements Command {}

  /** Time passed. */
  record Tick() implements Command {}
}
