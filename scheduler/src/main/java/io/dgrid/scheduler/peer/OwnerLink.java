package io.dgrid.scheduler.peer;

import io.dgrid.proto.worker.v1.ForwardRequest;

/** The way of one worker's messages to one owner elsewhere. */
interface OwnerLink {
  /** {@code host:port}. */
  String owner();

  /** Sends a frame; one that finds no stream is lost, which the next stream makes good. */
  void offer(ForwardRequest frame);

  /** Runs the step at once, or, when much is waiting for the owner, once all of it has gone. */
  void whenThereIsRoom(Runnable step);
}
