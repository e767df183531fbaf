package io.dgrid.scheduler.peer;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.worker.v1.Introduction;
import io.dgrid.proto.worker.v1.MusterRequest;
import io.dgrid.proto.worker.v1.MusterResponse;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.Muster;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.stub.StreamObserver;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
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
  private final List<Muster.Roll> unasked = new ArrayList<>();

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
    directory.onChange(this::askAround);
  }

  /** The owner's thread only. */
  public void call(Collection<Integer> partitions) {
    Muster.Roll roll = muster.begin(partitions);
    loop.after(limit, () -> giveUp(roll));
    unasked.add(roll);
    askAround();
    if (unasked.contains(roll)) {
      directory.doubt();
    }
  }

  /**
   * Once the coordinator names this instance as their owner it also names all who must be asked.
   */
  private void askAround() {
    for (Muster.Roll roll : List.copyOf(unasked)) {
      if (muster.isOver(roll)) {
        unasked.remove(roll);
      } else if (directory.owns(directory.self(), roll.partitions())) {
        unasked.remove(roll);
        Set<String> others = directory.others();
        muster.asked(roll, others);
        MusterRequest request =
            MusterRequest.newBuilder()
                .setOwner(directory.self())
                .addAllPartitions(roll.partitions())
                .build();
        others.forEach(other -> peers.muster(other, request, limit, new Answer(roll, other)));
      }
    }
  }

  private void giveUp(Muster.Roll roll) {
    unasked.remove(roll);
    if (muster.giveUp(roll)) {
      metrics.peerMissed();
      LOG.infof("not all workers of partitions %s are known within %s", roll.partitions(), limit);
    }
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
    public void onError(Throwable failure) {
      DGridException why = StatusCodec.fromStatus(failure);
      LOG.debugf("%s does not name its workers: %s", scheduler, why.getMessage());
      if (why.code() != ErrorCode.DEADLINE_EXCEEDED) {
        // Who cannot be reached brings no workers, and who is too old for the question is not
        // waited for. One that is only late may still open their streams.
        loop.execute(() -> muster.named(roll, scheduler, List.of()));
      }
    }

    @Override
    public void onCompleted() {}
  }

  private static WorkerId worker(Introduction wire) {
    return new WorkerId(Wire.address(wire.getNode(), "node"), wire.getWorker());
  }
}
