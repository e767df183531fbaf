package io.dgrid.scheduler.peer;

import static io.dgrid.scheduler.peer.Slots.HERE;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.CancelAttempt;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.ForwardResponse;
import io.dgrid.proto.worker.v1.Introduction;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.dispatch.Heard;
import io.dgrid.scheduler.dispatch.WorkerLink;
import io.dgrid.scheduler.dispatch.WorkerReport;
import io.dgrid.scheduler.job.Result;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Where everything between one connected worker and the owners of its jobs crosses, whether they
 * are here or elsewhere. The owner's thread only.
 */
final class Crossing implements WorkerLink, PeerStream.Listener {
  private static final DGridException FULL =
      new DGridException(ErrorCode.RATE_LIMITED, "another job has taken the slot");

  private final WorkerLink session;
  private final Surroundings around;
  private final Routes routes;
  private final Statements statements;
  private final OwnerLinks links;

  Crossing(WorkerLink session, Surroundings around, Duration firstRefusal) {
    this.session = session;
    this.around = around;
    routes = new Routes(around);
    links = new OwnerLinks(around, this);
    statements = new Statements(around, this::state, firstRefusal);
  }

  /** The worker said something; {@code taken} runs once there is room for its next message. */
  void hear(SessionRequest wire, Heard heard, Runnable taken) {
    switch (heard) {
      case Heard.State state -> {
        routes.heard(state.report());
        place();
        statements.stated(wire, state.report());
        statements.tell(HERE);
        align();
        links.owners().forEach(statements::tell);
        taken.run();
      }
      case Heard.Piece piece -> bring(wire, heard, routes.partitionOf(piece.job()), taken);
      case Heard.Outcome outcome -> {
        Routes.Result result = routes.ended(wire, outcome);
        statements.over(new AttemptKey(outcome.job(), outcome.attempt()));
        bring(wire, result.heard(), result.partition(), taken);
      }
      case Heard.Opened opened -> answer(heard, taken);
      case Heard.Scored scored -> answer(heard, taken);
    }
  }

  /** Owners changed, or what the worker offers and runs: streams follow. */
  void align() {
    OwnerLinks.Moves moves = links.align(place());
    moves.left().forEach(statements::left);
    moves.grown().forEach(this::repeat);
    moves.noLongerElsewhere().stream()
        .flatMap(partition -> unsettled(partition).stream())
        .forEach(result -> around.here(this, result.heard()));
  }

  /** Whether owners of these partitions hear of the worker. */
  boolean concerns(Set<Integer> partitions) {
    return routes.concerned().stream().anyMatch(partitions::contains);
  }

  /** Who owns what concerns the worker, of those elsewhere. */
  private Map<Integer, String> place() {
    Map<Integer, String> now = new HashMap<>();
    Map<Integer, String> all = new HashMap<>();
    for (int partition : routes.concerned()) {
      Optional<String> owner = around.elsewhere(partition);
      owner.ifPresent(name -> now.put(partition, name));
      all.put(partition, owner.orElse(HERE));
    }
    statements.owners(all);
    return now;
  }

  void close() {
    statements.close();
    links.close();
  }

  @Override
  public void opened(OwnerLink link) {
    WorkerId id = session.id();
    link.offer(
        ForwardRequest.newBuilder()
            .setIntroduction(
                Introduction.newBuilder()
                    .setNode(Wire.bytes(id.node()))
                    .setWorker(id.name())
                    .setHardware(session.hardware()))
            .build());
    statements.lost(link.owner());
    repeat(link);
  }

  @Override
  public void said(OwnerLink link, ForwardResponse frame) {
    switch (frame.getFrameCase()) {
      case MESSAGE -> pass(frame.getMessage(), Optional.of(link));
      case SUPERSEDED -> session.replaced();
      case WAITING -> statements.waiting(link.owner(), frame.getWaiting().getWaiting());
      case GRANTING ->
          statements.granting(
              new AttemptKey(
                  Wire.jobId(frame.getGranting().getJobId()), frame.getGranting().getAttempt()),
              link.owner());
      case FRAME_NOT_SET -> {}
    }
  }

  @Override
  public void lost(OwnerLink link) {
    statements.lost(link.owner());
    around.doubtOwners();
  }

  @Override
  public void granting(JobId job, int attempt) {
    statements.granting(new AttemptKey(job, attempt), HERE);
  }

  @Override
  public void waiting(boolean waiting) {
    statements.waiting(HERE, waiting);
  }

  @Override
  public boolean send(SessionResponse message) {
    return pass(message, Optional.empty());
  }

  @Override
  public WorkerId id() {
    return session.id();
  }

  @Override
  public String hardware() {
    return session.hardware();
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public void close(DGridException why) {
    session.close(why);
  }

  @Override
  public void replaced() {
    session.replaced();
  }

  /**
   * @param from the owner elsewhere that wants it; empty when it is this instance
   */
  private boolean pass(SessionResponse message, Optional<OwnerLink> from) {
    switch (message.getMessageCase()) {
      case ASSIGN -> {
        if (!takesSlot(message.getAssign(), from)) {
          decline(message.getAssign(), from);
          return true;
        }
      }
      case CANCEL -> {
        CancelAttempt cancel = message.getCancel();
        if (!cancel.getReceiptWanted()) {
          settled(Wire.jobId(cancel.getJobId()), cancel.getAttempt());
        }
      }
      case ACK -> settled(Wire.jobId(message.getAck().getJobId()), message.getAck().getAttempt());
      case FLOW -> {}
      case RENEWAL, OPEN, SCORE, DRAIN, CHALLENGE, WELCOME, MESSAGE_NOT_SET -> {
        if (from.isPresent()) {
          // Only the gateway's instance says these.
          return true;
        }
      }
    }
    return session.send(message);
  }

  private boolean takesSlot(Assignment assign, Optional<OwnerLink> from) {
    JobId job = Wire.jobId(assign.getJobId());
    String owner = from.map(OwnerLink::owner).orElse(HERE);
    if (!statements.take(new AttemptKey(job, assign.getAttempt()), owner)) {
      return false;
    }
    routes.assigned(job, model(assign), partition(assign));
    return true;
  }

  private void settled(JobId job, int attempt) {
    routes.settled(job, attempt);
    statements.over(new AttemptKey(job, attempt));
  }

  private void decline(Assignment assign, Optional<OwnerLink> from) {
    around.declined();
    if (from.isPresent()) {
      AttemptResult result =
          AttemptResult.newBuilder()
              .setJobId(assign.getJobId())
              .setAttempt(assign.getAttempt())
              .setFailure(FailureCodec.toWire(FULL))
              .setPartition(partition(assign))
              .build();
      forward(from.get(), SessionRequest.newBuilder().setResult(result).build());
      return;
    }
    JobId job = Wire.jobId(assign.getJobId());
    around.later(
        () ->
            around.here(
                this,
                new Heard.Outcome(
                    job,
                    assign.getAttempt(),
                    Optional.of(model(assign)),
                    OptionalInt.of(partition(assign)),
                    new Result.Declined(FULL))));
  }

  /** To the partition's owner; to this instance's jobs when nobody else is known to own it. */
  private void bring(SessionRequest wire, Heard heard, OptionalInt partition, Runnable taken) {
    Optional<String> owner =
        partition.isPresent() ? around.elsewhere(partition.getAsInt()) : Optional.empty();
    if (owner.isEmpty()) {
      around.here(this, heard);
      taken.run();
      return;
    }
    Optional<OwnerLink> link = links.find(owner.get());
    if (link.isEmpty()) {
      // A partition this worker has to do with only now: the stream repeats what it brings once it
      // is open.
      align();
      taken.run();
      return;
    }
    forward(link.get(), wire, heard instanceof Heard.Outcome o ? o.model() : Optional.empty());
    link.get().whenThereIsRoom(taken);
  }

  private void answer(Heard heard, Runnable taken) {
    around.here(this, heard);
    taken.run();
  }

  /** The newest state, and after it every result that the owner has not taken. */
  private void repeat(OwnerLink link) {
    statements.tell(link.owner());
    for (Routes.Result result : routes.unsettled()) {
      if (result.partition().isPresent()
          && around
              .elsewhere(result.partition().getAsInt())
              .filter(link.owner()::equals)
              .isPresent()) {
        forward(link, result.wire(), result.model());
      }
    }
  }

  private List<Routes.Result> unsettled(int partition) {
    return routes.unsettled().stream().filter(result -> result.isOf(partition)).toList();
  }

  private void state(String owner, SessionRequest wire, WorkerReport report) {
    if (owner.equals(HERE)) {
      around.here(this, new Heard.State(report));
    } else {
      links.find(owner).ifPresent(link -> forward(link, wire));
    }
  }

  private void forward(OwnerLink link, SessionRequest message) {
    forward(link, message, Optional.empty());
  }

  private void forward(OwnerLink link, SessionRequest message, Optional<ModelId> model) {
    around.forwarded();
    ForwardRequest.Builder frame = ForwardRequest.newBuilder().setMessage(message);
    if (message.hasResult()) {
      model.ifPresent(id -> frame.setModelId(Wire.bytes(id)));
    }
    link.offer(frame.build());
  }

  private int partition(Assignment assign) {
    return assign.hasPartition()
        ? assign.getPartition()
        : around.partition(model(assign), Wire.jobId(assign.getJobId()));
  }

  private static ModelId model(Assignment assign) {
    return Wire.modelId(assign.getRequest().getRequest().getModelId());
  }
}
