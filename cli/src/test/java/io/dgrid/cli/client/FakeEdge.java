package io.dgrid.cli.client;

import io.dgrid.proto.job.v1.CancelRequest;
import io.dgrid.proto.job.v1.CancelResponse;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobServiceGrpc.JobServiceImplBase;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.proto.job.v1.ResumeResponse;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** An edge over real gRPC that plays one prepared stream per call. */
final class FakeEdge extends JobServiceImplBase implements AutoCloseable {
  private final Server server;
  private final Queue<Consumer<StreamObserver<JobEvent>>> streams = new ArrayDeque<>();
  final List<String> calls = new ArrayList<>();
  final CountDownLatch cancelled = new CountDownLatch(1);

  FakeEdge() {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(this)
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  EdgeClient client() {
    return new EdgeClient("127.0.0.1:" + server.getPort());
  }

  /** The next call gets these events and a good end. */
  FakeEdge thenEvents(JobEvent... events) {
    streams.add(
        out -> {
          List.of(events).forEach(out::onNext);
          out.onCompleted();
        });
    return this;
  }

  /** The next call gets these events, then the connection is lost. */
  FakeEdge thenBreakAfter(JobEvent... events) {
    streams.add(
        out -> {
          List.of(events).forEach(out::onNext);
          out.onError(Status.UNAVAILABLE.asRuntimeException());
        });
    return this;
  }

  /** The next call stays open after these events. */
  FakeEdge thenHangAfter(JobEvent... events) {
    streams.add(out -> List.of(events).forEach(out::onNext));
    return this;
  }

  @Override
  public synchronized void submit(SubmitRequest request, StreamObserver<SubmitResponse> out) {
    calls.add("submit");
    play(event -> out.onNext(SubmitResponse.newBuilder().setEvent(event).build()), out);
  }

  @Override
  public synchronized void resume(ResumeRequest request, StreamObserver<ResumeResponse> out) {
    calls.add("resume " + request.getNextSequence());
    play(event -> out.onNext(ResumeResponse.newBuilder().setEvent(event).build()), out);
  }

  @Override
  public void cancel(CancelRequest request, StreamObserver<CancelResponse> out) {
    out.onNext(CancelResponse.getDefaultInstance());
    out.onCompleted();
    cancelled.countDown();
  }

  private void play(Consumer<JobEvent> next, StreamObserver<?> out) {
    streams
        .remove()
        .accept(
            new StreamObserver<>() {
              @Override
              public void onNext(JobEvent event) {
                next.accept(event);
              }

              @Override
              public void onError(Throwable failure) {
                out.onError(failure);
              }

              @Override
              public void onCompleted() {
                out.onCompleted();
              }
            });
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
