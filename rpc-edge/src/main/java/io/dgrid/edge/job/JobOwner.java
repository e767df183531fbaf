package io.dgrid.edge.job;

import io.dgrid.proto.job.v1.RelayResponse;

/** The scheduler that owns a job, as the edge can command it. */
interface JobOwner {
  void send(RelayResponse command);
}
