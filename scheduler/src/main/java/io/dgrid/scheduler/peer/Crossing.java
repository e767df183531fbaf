package io.dgrid.scheduler.peer;

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
import io.dgrid.scheduler.job.Result;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private final Routes routes = new Routes();
  private final Map<String, OwnerLink> links = new HashMap<>();
  private Map<ModelId, String> elsewhere = Map.of();
  private Optional<SessionRequest> newestState = Optional.empty();

  Crossing(WorkerLink session, Surroundings around) {
    this.session = session;
    this.around = around;
  }

  /** The worker said something; {@code taken} runs once there is room for its next message. */
  void hear(SessionRequest wire, Heard heard, Runnable taken) {
    switch (heard) {
      case Heard.State state -> {
        routes.heard(state.report(), around.now());
        newestState = Optional.of(wire);
        around.here(this, heard);
        align();
        links.values().forEach(link -> forward(link, wire));
        taken.run();
      }
      case Heard.Piece piece -> bring(wire, heard, routes.modelOf(piece.job()), taken);
      case Heard.Outcome outcome -> {
        Routes.Result result = routes.ended(wire, outcome);
        bring(wire, result.heard(), result.model(), taken);
      }
      case Heard.Opened opened -> answer(heard, taken);
      case Heard.Scored scored -> answer(heard, taken);
    }
  }

  /** Owners changed, or what the worker offers and runs: links follow. */
  void align() {
    Map<ModelId, String> now = new HashMap<>();
    for (ModelId model : routes.concerned()) {
      around.elsewhere(model).ifPresent(owner -> now.put(model, owner));
    }
    Map<ModelId, String> before = elsewhere;
    elsewhere = now;
    Set<String> wanted = new HashSet<>(now.values());
    for (OwnerLink link : List.copyOf(links.values())) {
      if (!wanted.contains(link.owner())) {
        links.remove(link.owner());
        around.close(link);
      }
    }
    Set<String> known = Set.copyOf(links.keySet());
    wanted.stream()
        .filter(owner -> !known.contains(owner))
        .forEach(owner -> links.put(owner, around.open(owner, this)));
    // A stream that is open already knows nothing of a model that came to its owner just now.
    for (String owner : known) {
      if (now.entrySet().stream()
          .anyMatch(e -> e.getValue().equals(owner) && !owner.equals(before.get(e.getKey())))) {
        repeat(links.get(owner));
      }
    }
    before.keySet().stream()
        .filter(model -> !now.containsKey(model))
        .forEach(model -> unsettled(model).forEach(result -> around.here(this, result.heard())));
  }

  void close() {
    links.values().forEach(around::close);
    links.clear();
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
    repeat(link);
  }

  @Override
  public void said(OwnerLink link, ForwardResponse frame) {
    switch (frame.getFrameCase()) {
      case MESSAGE -> pass(frame.getMessage(), Optional.of(link));
      case SUPERSEDED -> session.replaced();
      case FRAME_NOT_SET -> {}
    }
  }

  @Override
  public void lost() {
    around.doubtOwners();
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
        if (!takesSlot(message.getAssign())) {
          decline(message.getAssign(), from);
          return true;
        }
      }
      case CANCEL -> {
        CancelAttempt cancel = message.getCancel();
        if (!cancel.getReceiptWanted()) {
          routes.settled(Wire.jobId(cancel.getJobId()), cancel.getAttempt());
        }
      }
      case ACK ->
          routes.settled(Wire.jobId(message.getAck().getJobId()), message.getAck().getAttempt());
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

  private boolean takesSlot(Assignment assign) {
    return routes.assigned(
        Wire.jobId(assign.getJobId()), assign.getAttempt(), model(assign), around.now());
  }

  private void decline(Assignment assign, Optional<OwnerLink> from) {
    around.declined();
    if (from.isPresent()) {
      AttemptResult result =
          AttemptResult.newBuilder()
              .setJobId(assign.getJobId())
              .setAttempt(assign.getAttempt())
              .setFailure(FailureCodec.toWire(FULL))
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
                    new Result.Declined(FULL))));
  }

  /** To the owner of the model; to this instance's jobs when nobody else is known to own it. */
  private void bring(SessionRequest wire, Heard heard, Optional<ModelId> model, Runnable taken) {
    Optional<String> owner = model.flatMap(around::elsewhere);
    if (owner.isEmpty()) {
      around.here(this, heard);
      taken.run();
      return;
    }
    OwnerLink link = links.get(owner.get());
    if (link == null) {
      // A model this worker has only now: the stream repeats what it brings once it is open.
      align();
      taken.run();
      return;
    }
    forward(link, wire, model);
    link.whenThereIsRoom(taken);
  }

  private void answer(Heard heard, Runnable taken) {
    around.here(this, heard);
    taken.run();
  }

  /** The newest state, and after it every result that the owner has not taken. */
  private void repeat(OwnerLink link) {
    newestState.ifPresent(state -> forward(link, state));
    for (Routes.Result result : routes.unsettled()) {
      if (result.model().flatMap(around::elsewhere).filter(link.owner()::equals).isPresent()) {
        forward(link, result.wire(), result.model());
      }
    }
  }

  private List<Routes.Result> unsettled(ModelId model) {
    return routes.unsettled().stream()
        .filter(result -> result.model().filter(model::equals).isPresent())
        .toList();
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

  private static ModelId model(Assignment assign) {
    return Wire.modelId(assign.getRequest().getRequest().getModelId());
  }
}
