package io.dgrid.worker.engine.embedded;

/** A request that an engine has admitted. */
interface EngineWork extends Runnable {
  /** Ends it soon because the engine closes. */
  void interrupt();
}
