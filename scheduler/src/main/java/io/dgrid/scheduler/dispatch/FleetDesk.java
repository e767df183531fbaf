package io.dgrid.scheduler.dispatch;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.worker.v1.OpenReply;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.scheduler.job.Command;
import io.dgrid.scheduler.market.Market;
import io.dgrid.scheduler.market.Standing;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/** Answers about books, nodes and jobs. Every method runs on the owner's thread. */
@Singleton
public class FleetDesk {
  private final InstantSource clock;
  private final Dispatcher dispatcher;
  private final WorkerDesk workers;
  private final Roster roster;
  private final Market market;
  private final Nodes nodes;
  private final Shards shards;
  private final EdgeRelay relay;
  private final RandomGenerator random;

  FleetDesk(
      InstantSource clock,
      Dispatcher dispatcher,
      WorkerDesk workers,
      Roster roster,
      Market market,
      Nodes nodes,
      Shards shards,
      EdgeRelay relay,
      RandomGenerator random) {
    this.clock = clock;
    this.dispatcher = dispatcher;
    this.workers = workers;
    this.roster = roster;
    this.market = market;
    this.nodes = nodes;
    this.shards = shards;
    this.relay = relay;
    this.random = random;
  }

  /** The books of the models of which jobs come here; best first per model. */
  public List<StandingOffer> offers(Optional<ModelId> model) {
    List<StandingOffer> offers = new ArrayList<>();
    for (ModelId each : model.map(List::of).orElseGet(market::models)) {
      if (!dispatcher.owns(each)) {
        continue;
      }
      for (Standing standing : market.ranked(each, clock.millis())) {
        offers.add(
            StandingOffer.newBuilder()
                .setOffer(OfferCodec.toWire(standing.signed()))
                .setFreeSlots(standing.freeSlots())
                .setReputationMicros(standing.reputationMicros())
                .setWorker(standing.worker().name())
                .build());
      }
    }
    return offers;
  }

  /** How far edges may spread the jobs of a model: as far as this instance's workers are taken. */
  public Map<ModelId, Integer> spreads() {
    return shards.spreads();
  }

  /** Those that dialled this instance: each worker is told of once over all schedulers. */
  public List<Node> nodes() {
    Map<Address, Node.Builder> byAddress = new TreeMap<>();
    for (Roster.Connected worker : roster.direct().toList()) {
      Address address = worker.link().id().node();
      Node.Builder node =
          byAddress.computeIfAbsent(
              address,
              a ->
                  Node.newBuilder()
                      .setAddress(Wire.bytes(a))
                      .setStake(nodes.stakeOf(a).toString())
                      .setReputationMicros(nodes.reputationMicros(a))
                      .setOnline(true));
      node.addWorkers(worker.link().id().name())
          .setRunning(node.getRunning() + worker.report().running().size())
          .setHardware(worker.link().hardware());
    }
    return byAddress.values().stream().map(Node.Builder::build).toList();
  }

  /**
   * @throws DGridException NOT_FOUND
   */
  public Job attach(JobId id, String replyTo, int from) {
    LiveJob job = job(id);
    relay.follow(job, replyTo, from);
    return JobCodec.view(job);
  }

  /**
   * @throws DGridException NOT_FOUND
   */
  public io.dgrid.proto.job.v1.JobState cancel(JobId id, String reason) {
    LiveJob job = job(id);
    dispatcher.handle(job, new Command.Cancel(reason.isBlank() ? "cancelled" : reason));
    return JobCodec.stateOf(job.state());
  }

  /** Asks the node's processes one after the other: only one of them has the receipt. */
  public CompletableFuture<Opening> open(ReceiptHash receipt, Address node) {
    return open(receipt, List.copyOf(workers.processesOf(node)));
  }

  private CompletableFuture<Opening> open(ReceiptHash receipt, List<Roster.Connected> processes) {
    if (processes.isEmpty()) {
      return failed(ErrorCode.UNAVAILABLE, "no connected worker of the node has this receipt");
    }
    List<Roster.Connected> others = processes.subList(1, processes.size());
    return workers
        .open(processes.getFirst(), receipt)
        .handle(
            (reply, failure) ->
                failure == null && reply.getOutcomeCase() == OpenReply.OutcomeCase.OPENING
                    ? CompletableFuture.completedFuture(reply.getOpening())
                    : open(receipt, others))
        .thenCompose(next -> next);
  }

  /** A random one of the nodes that may and can; a node never scores its own receipt. */
  public CompletableFuture<Scores> score(ModelId model, Opening opening, Set<Address> excluded) {
    List<Roster.Connected> eligible =
        roster
            .direct()
            .filter(worker -> worker.report().scores().contains(model))
            .filter(worker -> !excluded.contains(worker.link().id().node()))
            .filter(worker -> nodes.bar(worker.link().id().node()).isEmpty())
            .toList();
    if (eligible.isEmpty()) {
      return failed(ErrorCode.NO_WORKER, "no independent worker can score this model now");
    }
    List<Address> candidates = eligible.stream().map(w -> w.link().id().node()).distinct().toList();
    // By node first, so that running many processes does not draw more audits.
    Address node = candidates.get(random.nextInt(candidates.size()));
    List<Roster.Connected> processes =
        eligible.stream().filter(w -> w.link().id().node().equals(node)).toList();
    Roster.Connected chosen = processes.get(random.nextInt(processes.size()));
    return workers
        .score(chosen, model, opening)
        .thenCompose(
            reply ->
                reply.hasScores()
                    ? CompletableFuture.completedFuture(reply.getScores())
                    : CompletableFuture.failedFuture(FailureCodec.fromWire(reply.getFailure())));
  }

  private LiveJob job(JobId id) {
    return dispatcher
        .find(id)
        .orElseThrow(
            () -> new DGridException(ErrorCode.NOT_FOUND, "no such job on this scheduler"));
  }

  private static <T> CompletableFuture<T> failed(ErrorCode code, String message) {
    return CompletableFuture.failedFuture(new DGridException(code, message));
  }
}
