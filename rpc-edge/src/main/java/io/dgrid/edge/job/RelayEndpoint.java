package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import org.jboss.logging.Logger;

/** Where schedulers bring tokens. */
@GrpcService
class RelayEndpoint extends RelayServiceGrpc.RelayServiceImplBase {
  private static final Logger LOG = Logger.getLogger(RelayEndpoint.class);

  private final JobStreams streams;

  RelayEndpoint(JobStreams streams) {
    this.streams = streams;
  }

  @Override
  public StreamObserver<RelayRequest> relay(StreamObserver<RelayResponse> out) {
    ServerCallStreamObserver<RelayResponse> call = (ServerCallStreamObserver<RelayResponse>) out;
    RelayLink link = new RelayLink(call);
    call.setOnCancelHandler(() -> lose(link));
    return new StreamObserver<>() {
      @Override
      public void onNext(RelayRequest frame) {
        try {
          receive(frame, link);
        } catch (DGridException malformed) {
          // One bad frame must not stop the other jobs of this stream.
          LOG.errorf("relay frame dropped: %s", malformed.getMessage());
        }
      }

      @Override
      public void onError(Throwable broken) {
        lose(link);
      }

      @Override
      public void onCompleted() {
        streams.lost(link);
        link.complete();
      }
    };
  }

  private void receive(RelayRequest frame, RelayLink link) {
    switch (frame.getFrameCase()) {
      case QUEUED -> streams.queued(frame.getQueued(), link);
      case EVENT -> streams.receive(frame.getEvent(), link);
      case FRAME_NOT_SET -> LOG.warn("empty relay frame");
    }
  }

  private void lose(RelayLink link) {
    link.abandon();
    streams.lost(link);
  }
}
