package io.dgrid.edge.job;

import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobEvent;
import io.smallrye.mutiny.Uni;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Books of one job, in memory and at once. */
final class FakeJobRepository extends JobRepository {
  final List<JobEvent> booked = new ArrayList<>();
  @Nullable JobRow row;

  FakeJobRepository() {
    super(null, null, null, null, null, null, InstantSource.system());
  }

  @Override
  Uni<Optional<JobRow>> find(JobId job) {
    return Uni.createFrom().item(Optional.ofNullable(row));
  }

  @Override
  Uni<Optional<JobEvent>> end(JobId job, JobEvent terminal) {
    booked.add(terminal);
    return Uni.createFrom().item(Optional.of(terminal));
  }
}
