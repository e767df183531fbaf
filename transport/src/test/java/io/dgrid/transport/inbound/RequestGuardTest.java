package io.dgrid.transport.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.GetRequest;
import io.dgrid.proto.job.v1.GetResponse;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real server on loopback and a client that sends whatever it likes. */
class RequestGuardTest {
  private static final int LIMIT = 64 * 1024;
  private static final byte[] NO_MESSAGE = {0x0a, (byte) 0xff, (byte) 0xff, 0x01};

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
          } catch (IOException broken) {
            throw new UncheckedIOException(broken);
          }
        }
      };

  private final AtomicInteger served = new AtomicInteger();
  private final CompletableFuture<String> streamEnd = new CompletableFuture<>();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Echo())
            .addService(new Stream());
    RequestGuard.install(builder, LIMIT);
    server = builder.build().start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void bytesThatAreNoMessageAreAnInvalidRequest() {
    StatusRuntimeException refused = refused(NO_MESSAGE, CallOptions.DEFAULT);

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    DGridException coded = StatusCodec.fromStatus(refused);
    assertThat(coded.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(coded.getMessage()).doesNotContainIgnoringCase("protobuf");
    assertThat(served).hasValue(0);
  }

  @Test
  void messageOverTheLimitIsRefusedWithTheLimit() {
    for (int size : new int[] {LIMIT + 1, 2 * LIMIT, 300 * LIMIT}) {
      StatusRuntimeException refused = refused(new byte[size], CallOptions.DEFAULT);

      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      DGridException coded = StatusCodec.fromStatus(refused);
      assertThat(coded.code()).as("%d bytes", size).isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
      assertThat(coded.metadata()).containsEntry("limit", Integer.toString(LIMIT));
      assertThat(coded.retryable()).isFalse();
    }
    assertThat(served).hasValue(0);
  }

  @Test
  void limitCountsWhatACompressedMessageUnpacksTo() {
    StatusRuntimeException refused =
        refused(new byte[40 * LIMIT], CallOptions.DEFAULT.withCompression("gzip"));

    assertThat(StatusCodec.fromStatus(refused).code()).isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
  }

  @Test
  void messagesUpToTheLimitAreServedPlainAndCompressed() {
    byte[] largest =
        GetRequest.newBuilder()
            .setJobId(com.google.protobuf.ByteString.copyFrom(new byte[LIMIT - 4]))
            .build()
            .toByteArray();
    assertThat(largest).hasSize(LIMIT);

    for (CallOptions options :
        new CallOptions[] {CallOptions.DEFAULT, CallOptions.DEFAULT.withCompression("gzip")}) {
      assertThat(call(largest, options)).isEmpty();
      assertThat(call(new byte[0], options)).isEmpty();
    }
    assertThat(served).hasValue(4);
  }

  @Test
  void refusedCallDoesNotHurtItsConnection() {
    for (int i = 0; i < 20; i++) {
      refused(new byte[50 * LIMIT], CallOptions.DEFAULT);
      refused(NO_MESSAGE, CallOptions.DEFAULT);
    }
    assertThat(call(new byte[0], CallOptions.DEFAULT)).isEmpty();
    assertThat(served).hasValue(1);
  }

  @Test
  void streamWithABrokenMessageEndsForBothSides() throws Exception {
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    MethodDescriptor<byte[], byte[]> relay =
        RelayServiceGrpc.getRelayMethod().toBuilder(BYTES, BYTES).build();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(relay, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] answer) {}

              @Override
              public void onError(Throwable failure) {
                ended.complete(failure);
              }

              @Override
              public void onCompleted() {
                ended.complete(new AssertionError("ended without a reason"));
              }
            });
    requests.onNext(RelayRequest.getDefaultInstance().toByteArray());
    requests.onNext(NO_MESSAGE);

    DGridException coded = StatusCodec.fromStatus(ended.get(10, TimeUnit.SECONDS));
    assertThat(coded.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(streamEnd.get(10, TimeUnit.SECONDS)).isEqualTo("cancelled");
    assertThat(served).hasValue(1);
  }

  @Test
  void messagesOfOneStreamDoNotAddUp() throws Exception {
    MethodDescriptor<byte[], byte[]> relay =
        RelayServiceGrpc.getRelayMethod().toBuilder(BYTES, BYTES).build();
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(relay, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] answer) {}

              @Override
              public void onError(Throwable failure) {
                ended.complete(failure);
              }

              @Override
              public void onCompleted() {
                ended.complete(new IllegalStateException("completed"));
              }
            });
    byte[] unknownField = new byte[LIMIT];
    // Field 15 as bytes that fill the message.
    unknownField[0] = 0x7a;
    unknownField[1] = (byte) ((LIMIT - 4) & 0x7f | 0x80);
    unknownField[2] = (byte) ((LIMIT - 4) >> 7 & 0x7f | 0x80);
    unknownField[3] = (byte) ((LIMIT - 4) >> 14);
    for (int i = 0; i < 10; i++) {
      requests.onNext(unknownField);
    }
    requests.onCompleted();

    assertThat(ended.get(10, TimeUnit.SECONDS)).hasMessage("completed");
    assertThat(served).hasValue(10);
  }

  private StatusRuntimeException refused(byte[] message, CallOptions options) {
    try {
      call(message, options);
    } catch (StatusRuntimeException refused) {
      return refused;
    }
    throw new AssertionError("not refused");
  }

  private byte[] call(byte[] message, CallOptions options) {
    MethodDescriptor<byte[], byte[]> get =
        JobServiceGrpc.getGetMethod().toBuilder(BYTES, BYTES).build();
    return ClientCalls.blockingUnaryCall(
        channel, get, options.withDeadlineAfter(10, TimeUnit.SECONDS), message);
  }

  private final class Echo extends JobServiceGrpc.JobServiceImplBase {
    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> out) {
      served.incrementAndGet();
      out.onNext(GetResponse.getDefaultInstance());
      out.onCompleted();
    }
  }

  private final class Stream extends RelayServiceGrpc.RelayServiceImplBase {
    @Override
    public StreamObserver<RelayRequest> relay(StreamObserver<RelayResponse> out) {
      ((ServerCallStreamObserver<RelayResponse>) out)
          .setOnCancelHandler(() -> streamEnd.complete("cancelled"));
      return new StreamObserver<>() {
        @Override
        public void onNext(RelayRequest frame) {
          served.incrementAndGet();
        }

        @Override
        public void onError(Throwable broken) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }
}
