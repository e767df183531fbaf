package io.dgrid.edge.market;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.worker.v1.CancelJobRequest;
import io.dgrid.proto.worker.v1.CancelJobResponse;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.ListNodesRequest;
import io.dgrid.proto.worker.v1.ListNodesResponse;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulersClientTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String NOBODY = "127.0.0.1:1";

  private final List<Server> servers = new ArrayList<>();
  private final List<SchedulersClient> clients = new ArrayList<>();

  @AfterEach
  void stop() {
    clients.forEach(SchedulersClient::close);
    servers.forEach(Server::shutdownNow);
  }

  @Test
  void ownerAnswersWhileAnotherSchedulerIsFrozen() throws IOException {
    SchedulersClient client = client(LONG, scheduler(Mood.FROZEN), scheduler(Mood.OWNER), NOBODY);

    assertThat(cancel(client)).isNotNull();
  }

  @Test
  void jobThatNobodyKnowsIsNotFound() throws IOException {
    SchedulersClient client = client(TIMEOUT, scheduler(Mood.STRANGER), scheduler(Mood.STRANGER));

    assertThatThrownBy(() -> cancel(client)).satisfies(e -> hasCode(e, ErrorCode.NOT_FOUND));
  }

  @Test
  void jobMayBeWithASchedulerThatIsDown() throws IOException {
    SchedulersClient client = client(TIMEOUT, scheduler(Mood.STRANGER), NOBODY);

    assertThatThrownBy(() -> cancel(client)).satisfies(e -> hasCode(e, ErrorCode.UNAVAILABLE));
  }

  @Test
  void viewIsMadeOfTheAnswersThatCame() throws IOException {
    SchedulersClient client =
        client(TIMEOUT, scheduler(Mood.OWNER), scheduler(Mood.FROZEN), NOBODY);

    assertThat(nodes(client)).hasSize(1);
  }

  @Test
  void viewWithoutAnyAnswerIsUnavailable() {
    SchedulersClient client = client(TIMEOUT, NOBODY);

    assertThatThrownBy(() -> nodes(client)).satisfies(e -> hasCode(e, ErrorCode.UNAVAILABLE));
  }

  private static CancelJobResponse cancel(SchedulersClient client) {
    return client
        .askOwner(stub -> stub.cancelJob(CancelJobRequest.getDefaultInstance()))
        .await()
        .atMost(Duration.ofSeconds(30));
  }

  private static List<Node> nodes(SchedulersClient client) {
    return client
        .askAll(stub -> stub.listNodes(ListNodesRequest.getDefaultInstance()))
        .await()
        .atMost(Duration.ofSeconds(30))
        .stream()
        .flatMap(answer -> answer.getNodesList().stream())
        .toList();
  }

  private static void hasCode(Throwable failure, ErrorCode code) {
    assertThat(failure).isInstanceOf(DGridException.class);
    assertThat(((DGridException) failure).code()).isEqualTo(code);
  }

  private SchedulersClient client(Duration timeout, String... targets) {
    SchedulersClient client = new SchedulersClient(List.of(targets), timeout, new NoCredentials());
    clients.add(client);
    return client;
  }

  private String scheduler(Mood mood) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Fleet(mood))
            .build()
            .start();
    servers.add(server);
    return "127.0.0.1:" + server.getPort();
  }

  private enum Mood {
    OWNER,
    STRANGER,
    FROZEN
  }

  private static final class Fleet extends FleetServiceGrpc.FleetServiceImplBase {
    private final Mood mood;

    private Fleet(Mood mood) {
      this.mood = mood;
    }

    @Override
    public void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> out) {
      answer(out, CancelJobResponse.getDefaultInstance());
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
      answer(
          out,
          ListNodesResponse.newBuilder()
              .addNodes(Node.newBuilder().setAddress(ByteString.copyFromUtf8("node")))
              .build());
    }

    private <T> void answer(StreamObserver<T> out, T value) {
      switch (mood) {
        case OWNER -> {
          out.onNext(value);
          out.onCompleted();
        }
        case STRANGER ->
            out.onError(StatusCodec.toStatus(new DGridException(ErrorCode.NOT_FOUND, "no job")));
        case FROZEN -> {}
      }
    }
  }

  private static final class NoCredentials extends CallCredentials {
    @Override
    public void applyRequestMetadata(
        RequestInfo request, Executor executor, MetadataApplier applier) {
      applier.apply(new Metadata());
    }
  }
}
