package io.dgrid.transport.inbound;

import io.dgrid.core.error.DGridException;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * A call as its service sees it. The transport's thread may refuse it at any moment, so everything
 * that goes out takes turns, and after a refusal goes nowhere.
 */
final class GuardedCall<Q, A> extends ServerCall<Q, A> {
  private final ServerCall<Received<Q>, A> outer;
  private final MethodDescriptor<Q, A> method;
  private boolean closed;
  private boolean refused;

  GuardedCall(ServerCall<Received<Q>, A> outer, MethodDescriptor<Q, A> method) {
    this.outer = outer;
    this.method = method;
  }

  /** Ends the call with a coded status unless it has ended; the service hears a cancel. */
  synchronized void refuse(DGridException failure) {
    refused = true;
    if (closed) {
      return;
    }
    closed = true;
    StatusRuntimeException coded = StatusCodec.toStatus(failure);
    Metadata trailers = coded.getTrailers();
    outer.close(coded.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  synchronized boolean isRefused() {
    return refused;
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!refused) {
      outer.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(A message) {
    if (!refused) {
      outer.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!refused) {
      closed = true;
      outer.close(status, trailers);
    }
  }

  @Override
  public void request(int messages) {
    outer.request(messages);
  }

  @Override
  public boolean isReady() {
    return outer.isReady();
  }

  @Override
  public boolean isCancelled() {
    return isRefused() || outer.isCancelled();
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    outer.setMessageCompression(enabled);
  }

  @Override
  public void setCompression(String compressor) {
    outer.setCompression(compressor);
  }

  @Override
  public void setOnReadyThreshold(int bytes) {
    outer.setOnReadyThreshold(bytes);
  }

  @Override
  public SecurityLevel getSecurityLevel() {
    return outer.getSecurityLevel();
  }

  @Override
  public Attributes getAttributes() {
    return outer.getAttributes();
  }

  @Override
  public String getAuthority() {
    return outer.getAuthority();
  }

  @Override
  public MethodDescriptor<Q, A> getMethodDescriptor() {
    return method;
  }
}
