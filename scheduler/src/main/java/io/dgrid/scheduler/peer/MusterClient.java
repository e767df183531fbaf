package io.dgrid.scheduler.peer;

import io.dgrid.proto.worker.v1.Introduction;
import io.dgrid.proto.worker.v1.MusterRequest;
import io.dgrid.proto.worker.v1.MusterResponse;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.Muster;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.Wire;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/** Asks the other schedulers for their workers once partitions have come here. */
@Singleton
public class MusterClient {
  private static final Logger LOG = Logger.getLogger(MusterClient.class);

  private final Directory directory;
  private final PeerClient peers;
  private final Muster muster;
  private final Loop loop;
  private final SchedulerMetrics metrics;
  private final Duration limit;

  MusterClient(
      Directory directory,
      PeerClient peers,
      Muster muster,
      Loop loop,
      SchedulerMetrics metrics,
      SchedulerConfig config) {
    this.directory = directory;
    this.peers = peers;
    this.muster = muster;
    this.loop = loop;
    this.metrics = metrics;
    limit = config.peer().muster();
  }

  /** The owner's thread only. */
  public void call(Collection<Integer> partitions) {
    Set<String> others = directory.others();
    Muster.Roll roll = muster.begin(partitions, others);
    MusterRequest request =
        MusterRequest.newBuilder().setOwner(directory.self()).addAllPartitions(partitions).build();
    others.forEach(other -> peers.muster(other, request, limit, new Answer(roll, other)));
    loop.after(
        limit,
        () -> {
          if (muster.giveUp(roll)) {
            metrics.peerMissed();
            LOG.infof("not all workers of partitions %s are known within %s", partitions, limit);
          }
        });
  }

  /** Its callbacks come on gRPC's threads. */
  private final class Answer implements StreamObserver<MusterResponse> {
    private final Muster.Roll roll;
    private final String scheduler;

    private Answer(Muster.Roll roll, String scheduler) {
      this.roll = roll;
      this.scheduler = scheduler;
    }

    @Override
    public void onNext(MusterResponse answer) {
      List<WorkerId> workers = answer.getWorkersList().stream().map(MusterClient::worker).toList();
      loop.execute(() -> muster.named(roll, scheduler, workers));
    }

    @Override
    public void onError(Throwable away) {
      // Who cannot be asked brings no workers either.
      LOG.debugf("%s does not name its workers: %s", scheduler, away.getMessage());
      loop.execute(() -> muster.named(roll, scheduler, List.of()));
    }

    @Override
    public void onCompleted() {}
  }

  private static WorkerId worker(Introduction wire) {
    return new WorkerId(Wire.address(wire.getNode(), "node"), wire.getWorker());
  }
}
