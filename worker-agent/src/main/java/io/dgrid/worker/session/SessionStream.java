package io.dgrid.worker.session;

import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import org.jspecify.annotations.Nullable;

/**
 * One call to a scheduler: carries every event onto the agent's thread, asks for the next message
 * only when the last one was handled, and sends only what the scheduler is ready to take.
 */
final class SessionStream implements ClientResponseObserver<SessionRequest, SessionResponse> {
  private static final int OUTBOX = 256;

  /** The owner; called on the agent's thread. */
  interface Handler {
    void received(SessionStream stream, SessionResponse message);

    void drained(SessionStream stream);

    /** Called once. */
    void ended(SessionStream stream, @Nullable Throwable error);
  }

  private final AgentLoop loop;
  private final Handler handler;
  private @Nullable ClientCallStreamObserver<SessionRequest> call;
  private @Nullable StreamPump<SessionRequest> pump;
  private boolean over;

  SessionStream(AgentLoop loop, Handler handler) {
    this.loop = loop;
    this.handler = handler;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<SessionRequest> requestStream) {
    call = requestStream;
    requestStream.disableAutoRequestWithInitial(1);
    StreamPump<SessionRequest> outbox = new StreamPump<>(requestStream, OUTBOX);
    outbox.onDrained(() -> loop.execute(() -> handler.drained(this)));
    pump = outbox;
  }

  @Override
  public void onNext(SessionResponse message) {
    loop.execute(
        () -> {
          try {
            if (!over) {
              handler.received(this, message);
            }
          } finally {
            if (call != null) {
              call.request(1);
            }
          }
        });
  }

  @Override
  public void onError(Throwable error) {
    loop.execute(() -> end(error));
  }

  @Override
  public void onCompleted() {
    loop.execute(() -> end(null));
  }

  /** False when the outbox is full or the stream over. */
  boolean offer(SessionRequest message) {
    return pump != null && pump.offer(message);
  }

  int waiting() {
    return pump == null ? 0 : pump.size();
  }

  /** Ends politely after what is queued. */
  void complete() {
    if (pump != null) {
      pump.complete();
    }
  }

  void cancel(String why) {
    if (call != null) {
      call.cancel(why, null);
    }
  }

  private void end(@Nullable Throwable error) {
    if (!over) {
      over = true;
      if (pump != null) {
        pump.abandon();
      }
      handler.ended(this, error);
    }
  }
}
