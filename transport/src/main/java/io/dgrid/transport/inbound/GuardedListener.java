package io.dgrid.transport.inbound;

import io.dgrid.transport.inbound.Received.Message;
import io.dgrid.transport.inbound.Received.Unreadable;
import io.grpc.ServerCall;

/** Hands messages on, and turns what is none into the end of the call. */
final class GuardedListener<Q> extends ServerCall.Listener<Received<Q>> {
  private final ServerCall.Listener<Q> service;
  private final GuardedCall<Q, ?> call;

  GuardedListener(ServerCall.Listener<Q> service, GuardedCall<Q, ?> call) {
    this.service = service;
    this.call = call;
  }

  @Override
  public void onMessage(Received<Q> received) {
    if (call.isRefused()) {
      return;
    }
    switch (received) {
      case Message<Q>(Q request) -> service.onMessage(request);
      case Unreadable<Q>(var failure) -> call.refuse(failure);
    }
  }

  @Override
  public void onHalfClose() {
    if (!call.isRefused()) {
      service.onHalfClose();
    }
  }

  @Override
  public void onReady() {
    if (!call.isRefused()) {
      service.onReady();
    }
  }

  @Override
  public void onCancel() {
    service.onCancel();
  }

  @Override
  public void onComplete() {
    // The service ended nothing itself: a stream it holds must not live on.
    if (call.isRefused()) {
      service.onCancel();
    } else {
      service.onComplete();
    }
  }
}
