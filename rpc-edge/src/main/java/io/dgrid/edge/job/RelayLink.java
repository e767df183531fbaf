package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ServerCallStreamObserver;

/** One scheduler's relay stream, in the direction of the scheduler. */
final class RelayLink implements JobOwner {
  /** Commands that may wait; more means the scheduler does not read: then it must reconnect. */
  private static final int OUTBOX = 16_384;

  private final StreamPump<RelayResponse> pump;

  RelayLink(ServerCallStreamObserver<RelayResponse> call) {
    this.pump = new StreamPump<>(call, OUTBOX);
  }

  @Override
  public void send(RelayResponse command) {
    if (!pump.offer(command) && pump.isOpen()) {
      pump.fail(
          StatusCodec.toStatus(
              new DGridException(ErrorCode.UNAVAILABLE, "commands are not read, reconnect")));
    }
  }

  void complete() {
    pump.complete();
  }

  void abandon() {
    pump.abandon();
  }
}
