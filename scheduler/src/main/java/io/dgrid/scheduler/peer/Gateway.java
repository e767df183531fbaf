package io.dgrid.scheduler.peer;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.dispatch.Shards;
import io.dgrid.scheduler.dispatch.WorkerDesk;
import io.dgrid.scheduler.dispatch.WorkerLink;
import io.dgrid.scheduler.job.WorkerId;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Takes what the workers connected here say to the owners of their jobs, and brings back what those
 * want. Every method runs on the owner's thread.
 */
@Singleton
public class Gateway {
  private final Loop loop;
  private final InstantSource clock;
  private final WorkerDesk desk;
  private final Directory directory;
  private final Shards shards;
  private final PeerClient peers;
  private final SchedulerMetrics metrics;
  private final SchedulerConfig.Peer config;
  private final Surroundings around = new Here();
  private final Map<WorkerLink, Crossing> crossings = new IdentityHashMap<>();
  private final List<Inquiry> inquiries = new ArrayList<>();

  /** A new owner waits to hear who is here. */
  private record Inquiry(
      String owner, Set<Integer> partitions, CompletableFuture<List<WorkerId>> answer) {}

  Gateway(
      Loop loop,
      InstantSource clock,
      WorkerDesk desk,
      Directory directory,
      Shards shards,
      PeerClient peers,
      SchedulerMetrics metrics,
      SchedulerConfig config) {
    this.loop = loop;
    this.clock = clock;
    this.desk = desk;
    this.directory = directory;
    this.shards = shards;
    this.peers = peers;
    this.metrics = metrics;
    this.config = config.peer();
    directory.onChange(this::ownersChanged);
    metrics.gauge("peer.streams", peers::streams);
  }

  /** A worker that dialled this instance has proved its key. */
  public void joined(WorkerLink session) {
    Crossing crossing = new Crossing(session, around, config.firstRefusal());
    crossings.put(session, crossing);
    desk.joined(crossing);
  }

  public void left(WorkerLink session) {
    Crossing crossing = crossings.remove(session);
    if (crossing != null) {
      crossing.close();
      desk.left(crossing);
    }
  }

  /**
   * @param taken runs once the worker's next message may come
   */
  public void hear(WorkerLink session, SessionRequest wire, Heard heard, Runnable taken) {
    Crossing crossing = crossings.get(session);
    if (crossing == null) {
      taken.run();
      return;
    }
    try {
      crossing.hear(wire, heard, taken);
    } catch (RuntimeException bug) {
      // A session of which a message was swallowed would never be read again.
      session.close(new DGridException(ErrorCode.INTERNAL, "the session starts again"));
      throw bug;
    }
  }

  /**
   * The workers here that a new owner of some partitions should know. It hears of them itself by
   * the streams that are open, or about to be, once this completes.
   *
   * @return fails with DEADLINE_EXCEEDED when the coordinator does not name it as their owner in
   *     time
   */
  public CompletableFuture<List<WorkerId>> muster(String owner, Set<Integer> partitions) {
    Inquiry inquiry = new Inquiry(owner, partitions, new CompletableFuture<>());
    inquiries.add(inquiry);
    loop.after(
        config.muster(),
        () -> {
          inquiries.remove(inquiry);
          inquiry
              .answer()
              .completeExceptionally(
                  new DGridException(ErrorCode.DEADLINE_EXCEEDED, "it is not known to own them"));
        });
    answer();
    if (!inquiry.answer().isDone()) {
      directory.doubt();
    }
    return inquiry.answer();
  }

  private void ownersChanged() {
    List.copyOf(crossings.values()).forEach(Crossing::align);
    answer();
  }

  private void answer() {
    for (Inquiry inquiry : List.copyOf(inquiries)) {
      if (directory.owns(inquiry.owner(), inquiry.partitions())) {
        inquiries.remove(inquiry);
        inquiry
            .answer()
            .complete(
                crossings.values().stream()
                    .filter(crossing -> crossing.concerns(inquiry.partitions()))
                    .map(Crossing::id)
                    .toList());
      }
    }
  }

  /** This instance, as crossings see it. */
  private final class Here implements Surroundings {
    @Override
    public void here(Crossing crossing, Heard heard) {
      desk.hear(crossing, heard);
    }

    @Override
    public void later(Runnable step) {
      loop.execute(step);
    }

    @Override
    public void after(Duration delay, Runnable step) {
      loop.after(delay, step);
    }

    @Override
    public Optional<String> elsewhere(int partition) {
      return directory.elsewhere(partition);
    }

    @Override
    public Set<Integer> partitions(ModelId model) {
      return shards.of(model);
    }

    @Override
    public int partition(ModelId model, JobId job) {
      return shards.of(model, job);
    }

    @Override
    public OwnerLink open(String owner, PeerStream.Listener listener) {
      return peers.open(owner, listener);
    }

    @Override
    public void close(OwnerLink link) {
      peers.close(link);
    }

    @Override
    public void doubtOwners() {
      directory.doubt();
    }

    @Override
    public void declined() {
      metrics.peerDeclined();
    }

    @Override
    public void lapsed() {
      metrics.peerLapsed();
    }

    @Override
    public void forwarded() {
      metrics.peerForwarded();
    }

    @Override
    public long now() {
      return clock.millis();
    }
  }
}
