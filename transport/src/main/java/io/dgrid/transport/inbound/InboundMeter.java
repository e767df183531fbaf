package io.dgrid.transport.inbound;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import org.jspecify.annotations.Nullable;

/**
 * Counts the bytes of the message that is coming in. The transport collects a message whole before
 * anybody may judge it; this is what stops it at the limit instead of at the sender's will.
 */
final class InboundMeter extends ServerStreamTracer {
  private static final Context.Key<InboundMeter> KEY = Context.key("dgrid-inbound-meter");

  static final class Factory extends ServerStreamTracer.Factory {
    private final int limit;

    Factory(int limit) {
      this.limit = limit;
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
      return new InboundMeter(limit);
    }
  }

  private final int limit;
  private long pending;
  private boolean exceeded;
  private volatile @Nullable Runnable onExceeded;

  private InboundMeter(int limit) {
    this.limit = limit;
  }

  /** Calls the action, once and on the transport's thread, when a message grows too large. */
  static void watch(Runnable action) {
    InboundMeter meter = KEY.get();
    if (meter != null) {
      meter.onExceeded = action;
    }
  }

  @Override
  public Context filterContext(Context context) {
    return context.withValue(KEY, this);
  }

  @Override
  public void inboundWireSize(long bytes) {
    pending += bytes;
    Runnable action = onExceeded;
    if (pending > limit && !exceeded && action != null) {
      exceeded = true;
      action.run();
    }
  }

  @Override
  public void inboundMessageRead(int sequence, long wireSize, long uncompressedSize) {
    pending = 0;
  }
}
