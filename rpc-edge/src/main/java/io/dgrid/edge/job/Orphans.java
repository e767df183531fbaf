package io.dgrid.edge.job;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Streams whose scheduler went away: the one that has the job now may know another edge of it only,
 * the one that accepted it.
 */
@ApplicationScoped
class Orphans {
  private static final int MOST_PER_ROUND = 64;

  private final JobStreams streams;
  private final JobRepository repository;
  private final Owners owners;

  Orphans(JobStreams streams, JobRepository repository, Owners owners) {
    this.streams = streams;
    this.repository = repository;
    this.owners = owners;
  }

  @Scheduled(
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP,
      skipExecutionIf = Scheduled.ApplicationNotRunning.class)
  Uni<Void> attachAgain() {
    return Multi.createFrom()
        .iterable(streams.orphans(MOST_PER_ROUND))
        .onItem()
        .transformToUniAndMerge(stream -> attach(stream.job()))
        .collect()
        .last()
        .replaceWithVoid();
  }

  private Uni<Void> attach(JobId job) {
    return owners
        .attach(job)
        .onFailure(DGridException.class)
        .recoverWithUni(
            failure ->
                ((DGridException) failure).code() == ErrorCode.NOT_FOUND
                    ? endUnattended(job)
                    : Uni.createFrom().voidItem());
  }

  /** No scheduler has the job any more: if it has ended, only the log can bring more of it. */
  private Uni<Void> endUnattended(JobId job) {
    return repository
        .find(job)
        .invoke(
            row ->
                row.filter(r -> r.state.isTerminal())
                    .ifPresent(r -> streams.endFound(job, Terminals.parse(r.terminal))))
        .replaceWithVoid()
        .onFailure()
        .recoverWithNull();
  }
}
