package io.dgrid.scheduler.peer;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.scheduler.dispatch.WorkerLink;
import io.dgrid.scheduler.job.WorkerId;
import java.util.ArrayList;
import java.util.List;

/** A worker that dialled in and writes down what it is told. */
final class FakeSession implements WorkerLink {
  static final Address NODE = Address.fromHex("0x00000000000000000000000000000000000000a1");

  final List<SessionResponse> told = new ArrayList<>();
  boolean over;

  @Override
  public WorkerId id() {
    return new WorkerId(NODE, "w");
  }

  @Override
  public String hardware() {
    return "abacus";
  }

  @Override
  public boolean isDirect() {
    return true;
  }

  @Override
  public void granting(JobId job, int attempt) {}

  @Override
  public void waiting(boolean waiting) {}

  @Override
  public boolean send(SessionResponse message) {
    told.add(message);
    return true;
  }

  @Override
  public void close(DGridException why) {
    over = true;
  }

  @Override
  public void replaced() {
    over = true;
  }
}
