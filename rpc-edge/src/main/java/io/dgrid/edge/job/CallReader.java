package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.function.Function;

/** A gRPC call that follows a job. Made in the method body, before the call starts. */
final class CallReader<T> implements JobReader {
  /** Events that may wait behind a slow client; the log keeps the rest. */
  private static final int OUTBOX = 8;

  private final StreamPump<T> pump;
  private final Function<JobEvent, T> wrap;

  CallReader(ServerCallStreamObserver<T> call, Function<JobEvent, T> wrap) {
    this.pump = new StreamPump<>(call, OUTBOX);
    this.wrap = wrap;
  }

  @Override
  public boolean offer(JobEvent event) {
    return pump.offer(wrap.apply(event));
  }

  @Override
  public boolean drained() {
    return pump.size() == 0;
  }

  @Override
  public void onDrained(Runnable action) {
    pump.onDrained(action);
  }

  @Override
  public void complete() {
    pump.complete();
  }

  @Override
  public void fail(DGridException failure) {
    pump.fail(StatusCodec.toStatus(failure));
  }

  /** The client is gone. */
  void abandon() {
    pump.abandon();
  }
}
