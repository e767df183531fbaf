package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.placement.Placement;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.scheduler.dispatch.Heard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An instance whose neighbours are lists. */
final class FakeSurroundings implements Surroundings {
  final Map<ModelId, List<Integer>> partitions = new HashMap<>();
  final Map<Integer, String> owners = new HashMap<>();
  final List<Runnable> alarms = new ArrayList<>();
  final List<FakeLink> links = new ArrayList<>();
  final List<Heard> here = new ArrayList<>();
  int declined;
  int lapsed;
  int doubts;
  long now;

  /** One stream to an owner; {@code open} plays its connection. */
  static final class FakeLink implements OwnerLink {
    final List<ForwardRequest> frames = new ArrayList<>();
    final List<Runnable> heldBack = new ArrayList<>();
    final PeerStream.Listener listener;
    private final String owner;
    boolean closed;
    boolean busy;

    private FakeLink(String owner, PeerStream.Listener listener) {
      this.owner = owner;
      this.listener = listener;
    }

    FakeLink open() {
      frames.clear();
      listener.opened(this);
      return this;
    }

    @Override
    public String owner() {
      return owner;
    }

    @Override
    public void offer(ForwardRequest frame) {
      frames.add(frame);
    }

    @Override
    public void whenThereIsRoom(Runnable step) {
      if (busy) {
        heldBack.add(step);
      } else {
        step.run();
      }
    }
  }

  FakeLink link(String owner) {
    return links.stream()
        .filter(link -> link.owner().equals(owner) && !link.closed)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no stream to " + owner));
  }

  @Override
  public Optional<String> elsewhere(int partition) {
    return Optional.ofNullable(owners.get(partition));
  }

  @Override
  public Set<Integer> partitions(ModelId model) {
    return Set.copyOf(partitions.get(model));
  }

  @Override
  public int partition(ModelId model, JobId job) {
    List<Integer> all = partitions.get(model);
    return all.get(Placement.shard(job, all.size()));
  }

  @Override
  public void after(Duration delay, Runnable step) {
    alarms.add(step);
  }

  /** Time goes on, and whoever waited for it hears. */
  void passes(Duration time) {
    now += time.toMillis();
    List<Runnable> due = List.copyOf(alarms);
    alarms.clear();
    due.forEach(Runnable::run);
  }

  @Override
  public OwnerLink open(String owner, PeerStream.Listener listener) {
    FakeLink link = new FakeLink(owner, listener);
    links.add(link);
    return link;
  }

  @Override
  public void close(OwnerLink link) {
    ((FakeLink) link).closed = true;
  }

  @Override
  public void doubtOwners() {
    doubts++;
  }

  @Override
  public void here(Crossing crossing, Heard heard) {
    here.add(heard);
  }

  @Override
  public void later(Runnable step) {
    step.run();
  }

  @Override
  public void lapsed() {
    lapsed++;
  }

  @Override
  public void forwarded() {}

  @Override
  public void declined() {
    declined++;
  }

  @Override
  public long now() {
    return now;
  }
}
