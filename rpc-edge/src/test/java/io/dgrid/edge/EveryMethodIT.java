package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.MarketServiceGrpc;
import io.dgrid.proto.market.v1.ModelServiceGrpc;
import io.dgrid.proto.settlement.v1.ProofServiceGrpc;
import io.dgrid.transport.Channels;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds for every method of every service at this door. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class EveryMethodIT {
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          JobServiceGrpc.getServiceDescriptor(),
          ModelServiceGrpc.getServiceDescriptor(),
          MarketServiceGrpc.getServiceDescriptor(),
          AccountServiceGrpc.getServiceDescriptor(),
          ProofServiceGrpc.getServiceDescriptor(),
          RelayServiceGrpc.getServiceDescriptor());

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

  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = Channels.to(TestNetwork.grpc());
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void bytesThatAreNoMessageAreRefusedWithACode() {
    byte[] noMessage = {0x0a, (byte) 0xff, (byte) 0xff, 0x01};
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        StatusRuntimeException refused = refused(method, noMessage);
        assertThat(refused.getStatus().getCode())
            .as(method.getFullMethodName())
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(StatusCodec.fromStatus(refused).code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      }
    }
  }

  @Test
  void messagesOverTheLimitAreRefusedWithTheLimit() {
    byte[] tooLarge = new byte[Channels.MAX_MESSAGE + 1];
    for (ServiceDescriptor service : SERVICES) {
      MethodDescriptor<?, ?> method = service.getMethods().iterator().next();
      DGridException refusal = StatusCodec.fromStatus(refused(method, tooLarge));
      assertThat(refusal.code())
          .as(method.getFullMethodName())
          .isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
      assertThat(refusal.metadata()).containsEntry("limit", "4194304");
    }
  }

  private StatusRuntimeException refused(MethodDescriptor<?, ?> method, byte[] message) {
    MethodDescriptor<byte[], byte[]> raw = method.toBuilder(BYTES, BYTES).build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
    try {
      ClientCalls.blockingServerStreamingCall(channel, raw, options, message)
          .forEachRemaining(answer -> {});
    } catch (StatusRuntimeException refused) {
      return refused;
    }
    throw new AssertionError(method.getFullMethodName() + " answered");
  }
}
