package io.dgrid.acceptance.dsl;

import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** The gRPC door without a careful client in front of it: takes whatever a stranger may send. */
public final class RawDoor implements AutoCloseable {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final ManagedChannel channel;

  RawDoor(String target) {
    channel = NettyChannelBuilder.forTarget(target).usePlaintext().build();
  }

  /** Sends a request that must be refused before any event. */
  public Refusal refuses(SubmitRequest request) {
    Iterator<SubmitResponse> events =
        JobServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS)
            .submit(request);
    return refusal(events);
  }

  /** Sends bytes that need not be a message. */
  public Refusal refuses(byte[] message) {
    MethodDescriptor<byte[], byte[]> submit =
        JobServiceGrpc.getSubmitMethod().toBuilder(BYTES, BYTES).build();
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return refusal(ClientCalls.blockingServerStreamingCall(channel, submit, options, message));
  }

  private static Refusal refusal(Iterator<?> events) {
    try {
      Object event = events.next();
      String what =
          event instanceof SubmitResponse response
              ? response.getEvent().getEventCase().name()
              : "an event";
      throw new AssertionError("not refused but answered with " + what);
    } catch (StatusRuntimeException refused) {
      return Refusal.of(refused);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
