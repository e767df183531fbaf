package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobEvent;
import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Books of one job, in memory and at once, unless they are closed. */
final class FakeJobRepository extends JobRepository {
  final List<JobEvent> booked = new ArrayList<>();
  @Nullable JobRow row;
  boolean closed;

  FakeJobRepository() {
    super(null, null, null, null, null, null, InstantSource.system());
  }

  @Override
  Uni<Optional<JobRow>> find(JobId job) {
    return Uni.createFrom().item(Optional.ofNullable(row));
  }

  @Override
  Uni<Void> withdraw(Collection<JobId> jobs) {
    return write(() -> row.state = JobPhase.WITHDRAWN);
  }

  @Override
  Uni<List<JobRow>> pending(long acceptedBefore, int limit) {
    return Uni.createFrom().item(rows(JobPhase.PENDING));
  }

  @Override
  Uni<List<JobRow>> withdrawn(int limit) {
    return Uni.createFrom().item(rows(JobPhase.WITHDRAWN));
  }

  @Override
  Uni<Void> markLogged(Collection<JobId> logged) {
    return markLogged(JobPhase.PENDING);
  }

  @Override
  Uni<Void> markWithdrawalLogged(Collection<JobId> logged) {
    return markLogged(JobPhase.WITHDRAWN);
  }

  private Uni<Void> markLogged(JobPhase from) {
    return write(
        () -> {
          if (row.state == from) {
            row.state = JobPhase.QUEUED;
          }
        });
  }

  private Uni<Void> write(Runnable change) {
    return Uni.createFrom()
        .deferred(
            () -> {
              if (closed) {
                throw new DGridException(ErrorCode.UNAVAILABLE, "closed");
              }
              change.run();
              return Uni.createFrom().voidItem();
            });
  }

  private List<JobRow> rows(JobPhase phase) {
    return row != null && row.state == phase ? List.of(row) : List.of();
  }

  @Override
  Uni<Optional<JobEvent>> end(JobId job, JobEvent terminal) {
    booked.add(terminal);
    return Uni.createFrom().item(Optional.of(terminal));
  }
}
