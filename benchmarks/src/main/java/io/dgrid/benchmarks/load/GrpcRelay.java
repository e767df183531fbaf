package io.dgrid.benchmarks.load;

import com.google.protobuf.ByteString;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Plain grpc-java: a server that streams ready made chunks of one token, with flow control, and
 * clients that read them. One hop, no rule of ours.
 */
final class GrpcRelay {
  private static final SubmitResponse CHUNK =
      SubmitResponse.newBuilder()
          .setEvent(
              JobEvent.newBuilder()
                  .setJobId(ByteString.copyFrom(new byte[32]))
                  .setChunk(
                      Chunk.newBuilder()
                          .setAttempt(1)
                          .addTokenIds(1)
                          .addLogprobs(1)
                          .setText(" token")))
          .build();

  /**
   * @return tokens per second over all streams
   */
  double run(int streams, int tokensEach) throws IOException, InterruptedException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Source(tokensEach))
            .build()
            .start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try {
      round(channel, streams);
      long begin = System.nanoTime();
      round(channel, streams);
      return (double) streams * tokensEach / ((System.nanoTime() - begin) / 1e9);
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  private static void round(ManagedChannel channel, int streams) throws InterruptedException {
    List<Thread> readers =
        IntStream.range(0, streams)
            .mapToObj(i -> Thread.ofVirtual().start(() -> drain(channel)))
            .toList();
    for (Thread reader : readers) {
      reader.join();
    }
  }

  private static void drain(ManagedChannel channel) {
    Iterator<SubmitResponse> events =
        JobServiceGrpc.newBlockingStub(channel).submit(SubmitRequest.getDefaultInstance());
    while (events.hasNext()) {
      events.next();
    }
  }

  private static final class Source extends JobServiceGrpc.JobServiceImplBase {
    private final int tokens;

    private Source(int tokens) {
      this.tokens = tokens;
    }

    @Override
    public void submit(SubmitRequest request, StreamObserver<SubmitResponse> out) {
      var call = (ServerCallStreamObserver<SubmitResponse>) out;
      int[] sent = {0};
      call.setOnReadyHandler(
          () -> {
            while (call.isReady() && sent[0] < tokens) {
              call.onNext(CHUNK);
              if (++sent[0] == tokens) {
                call.onCompleted();
              }
            }
          });
    }
  }
}
