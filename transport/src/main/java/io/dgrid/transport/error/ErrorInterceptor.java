package io.dgrid.transport.error;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.Map;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Turns every failure of a call into a status with a stable code. What is not coded becomes
 * INTERNAL with a reference to the log, and is logged here, once; in a process that stops,
 * UNAVAILABLE: its parts are taken down one after the other, and whoever asked may ask another.
 */
@ApplicationScoped
@GlobalInterceptor
public class ErrorInterceptor implements ServerInterceptor, Prioritized {
  private static final Logger LOG = Logger.getLogger(ErrorInterceptor.class);

  /** Of all that a stopping process does. */
  private static final int FIRST = 1;

  private volatile boolean stopping;

  void stop(@Observes @Priority(FIRST) ShutdownEvent event) {
    stopping = true;
  }

  @Override
  public int getPriority() {
    return 1000;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    ServerCall<Q, A> coding =
        new SimpleForwardingServerCall<>(call) {
          private boolean closed;

          @Override
          public void close(Status status, Metadata trailers) {
            if (closed) {
              return;
            }
            closed = true;
            if (status.isOk() || isCoded(trailers)) {
              super.close(status, trailers);
              return;
            }
            StatusRuntimeException coded =
                StatusCodec.toStatus(
                    codedFailure(status, call.getMethodDescriptor().getFullMethodName()));
            super.close(coded.getStatus(), coded.getTrailers());
          }
        };
    ServerCall.Listener<Q> listener;
    try {
      listener = next.startCall(coding, headers);
    } catch (RuntimeException failure) {
      coding.close(Status.UNKNOWN.withCause(failure), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onMessage(Q message) {
        guard(coding, () -> super.onMessage(message));
      }

      @Override
      public void onHalfClose() {
        guard(coding, super::onHalfClose);
      }

      @Override
      public void onReady() {
        guard(coding, super::onReady);
      }
    };
  }

  private static void guard(ServerCall<?, ?> call, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException failure) {
      call.close(Status.UNKNOWN.withCause(failure), new Metadata());
    }
  }

  private static boolean isCoded(Metadata trailers) {
    return trailers.containsKey(
        Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER));
  }

  private DGridException codedFailure(Status status, String method) {
    for (Throwable t = status.getCause(); t != null; t = t.getCause()) {
      if (t instanceof DGridException coded) {
        return coded;
      }
      if (t instanceof StatusRuntimeException transport
          && transport.getStatus().getCode() != Status.Code.UNKNOWN) {
        return StatusCodec.fromStatus(transport);
      }
    }
    if (status.getCause() == null
        && status.getCode() != Status.Code.UNKNOWN
        && status.getCode() != Status.Code.INTERNAL) {
      return StatusCodec.fromStatus(status.asRuntimeException());
    }
    if (stopping) {
      LOG.infof(status.getCause(), "%s failed while stopping: %s", method, status);
      return new DGridException(
          ErrorCode.UNAVAILABLE,
          "this process is shutting down: ask another",
          Map.of("retry_after_ms", "0"));
    }
    String reference = UUID.randomUUID().toString().substring(0, 8);
    LOG.errorf(status.getCause(), "%s failed, reference %s: %s", method, reference, status);
    return new DGridException(
        ErrorCode.INTERNAL, "internal error; tell the operator reference " + reference);
  }
}
