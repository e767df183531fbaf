package io.dgrid.transport.stream;

import io.grpc.stub.CallStreamObserver;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A bounded outbox in front of a gRPC stream that sends only while the peer is ready, because the
 * observer itself buffers without bound. Create it before the call starts (in the method body on a
 * server, in {@code beforeStart} on a client). Thread-safe; messages keep the order of the {@code
 * offer} calls, one thread sends at a time, and no lock is held while sending.
 */
public final class StreamPump<T> {
  private final CallStreamObserver<T> out;
  private final int capacity;
  private final Queue<T> waiting = new ArrayDeque<>();
  private boolean sending;
  private boolean closing;
  private boolean closed;
  private @Nullable Throwable failure;
  private Runnable drained = () -> {};

  /**
   * @param capacity messages that may wait, at least 1
   */
  public StreamPump(CallStreamObserver<T> out, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be at least 1");
    }
    this.out = out;
    this.capacity = capacity;
    out.setOnReadyHandler(this::drain);
  }

  /** Called after the outbox became empty, on the thread that emptied it. */
  public synchronized void onDrained(Runnable action) {
    drained = action;
  }

  /**
   * Queues a message; false when the outbox is full or the stream is over, and then nothing
   * changed.
   */
  public boolean offer(T message) {
    synchronized (this) {
      if (closing || closed || waiting.size() >= capacity) {
        return false;
      }
      waiting.add(message);
    }
    drain();
    return true;
  }

  /** Ends the stream after what is queued. */
  public void complete() {
    synchronized (this) {
      closing = true;
    }
    drain();
  }

  /** Ends the stream at once with an error; what is queued is dropped. */
  public void fail(Throwable error) {
    synchronized (this) {
      if (closing && waiting.isEmpty()) {
        return;
      }
      waiting.clear();
      closing = true;
      failure = error;
    }
    drain();
  }

  /** The peer is gone: drops what is queued and refuses more. */
  public synchronized void abandon() {
    waiting.clear();
    closing = true;
    closed = true;
  }

  /** Messages that wait. */
  public synchronized int size() {
    return waiting.size();
  }

  public synchronized boolean isOpen() {
    return !closing && !closed;
  }

  private void drain() {
    boolean sent = false;
    while (true) {
      T next;
      boolean finish = false;
      Throwable error = null;
      Runnable whenDrained = null;
      synchronized (this) {
        if (sending || closed) {
          return;
        }
        if (waiting.isEmpty()) {
          if (closing) {
            closed = true;
            finish = true;
            error = failure;
          } else if (sent) {
            whenDrained = drained;
          }
          next = null;
        } else if (out.isReady()) {
          next = waiting.poll();
          sending = true;
        } else {
          return;
        }
      }
      if (next == null) {
        if (finish) {
          finish(error);
        } else if (whenDrained != null) {
          whenDrained.run();
        }
        return;
      }
      try {
        out.onNext(next);
        sent = true;
      } catch (RuntimeException gone) {
        // The call was cancelled under us; the observer's own cancel handler reports it.
        abandon();
      } finally {
        synchronized (this) {
          sending = false;
        }
      }
    }
  }

  private void finish(@Nullable Throwable error) {
    try {
      if (error == null) {
        out.onCompleted();
      } else {
        out.onError(error);
      }
    } catch (RuntimeException alreadyClosed) {
      // Cancelled meanwhile: nobody listens any more.
    }
  }
}
