package io.dgrid.scheduler.dispatch;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.AttemptEnded;
import io.dgrid.proto.job.v1.AttemptGranted;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.scheduler.job.Attempt;
import io.dgrid.scheduler.job.JobSpec;
import io.dgrid.scheduler.job.JobState;
import io.dgrid.scheduler.job.Progress;
import io.dgrid.scheduler.job.RecoveredProgress;
import io.dgrid.scheduler.job.WorkerId;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the events of one partition say about its jobs: a fold that gives the same for repeated
 * records. Remembers the last 100 000 finished jobs and every unfinished one.
 */
public final class History {
  private static final int REMEMBERED = 100_000;

  private final Map<JobId, Long> finished =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Long> eldest) {
          return size() > REMEMBERED;
        }
      };
  private final Map<JobId, Life> lives = new HashMap<>();

  private static final class Life {
    private final TreeMap<Integer, AttemptGranted> granted = new TreeMap<>();
    private final TreeMap<Integer, AttemptEnded> ended = new TreeMap<>();
    private final TreeMap<Integer, IssuedReceipt> receipts = new TreeMap<>();

    private boolean isOvertaken(int attempt) {
      AttemptEnded end = ended.get(attempt);
      return end != null && end.getOvertaken();
    }

    /**
     * The attempt that may still run. Of two, which were in a race, the earlier: its worker surely
     * heard of it.
     */
    private Optional<AttemptGranted> open() {
      return granted.values().stream()
          .filter(grant -> !ended.containsKey(grant.getAttempt()))
          .findFirst();
    }
  }

  /**
   * @throws io.dgrid.core.error.DGridException when the record is malformed
   */
  public void add(JobTransition transition) {
    JobId id = Wire.jobId(transition.getJobId());
    if (finished.containsKey(id)) {
      return;
    }
    switch (transition.getTransitionCase()) {
      case GRANTED ->
          life(id)
              .granted
              .putIfAbsent(transition.getGranted().getAttempt(), transition.getGranted());
      case ENDED -> {
        AttemptEnded ended = transition.getEnded();
        life(id).ended.putIfAbsent(ended.getAttempt(), ended);
        if (ended.hasReceipt()) {
          life(id).receipts.put(ended.getAttempt(), ReceiptCodec.fromWire(ended.getReceipt()));
        }
      }
      case COMPLETED -> finish(id, attempts(transition.getCompleted().getReceiptsList()));
      case FAILED -> finish(id, attempts(transition.getFailed().getReceiptsList()));
      case TRANSITION_NOT_SET -> {}
    }
  }

  /** Remembers a job that ended while this owner held it. */
  void finish(JobState.Terminal state) {
    long filed = 0;
    for (IssuedReceipt receipt : state.progress().receipts()) {
      filed |= bit(receipt.receipt().statement().attempt());
    }
    finish(state.progress().spec().id(), filed);
  }

  /** Finished, or unfinished and not yet taken up again. */
  boolean knows(JobId id) {
    return finished.containsKey(id) || lives.containsKey(id);
  }

  boolean isFinished(JobId id) {
    return finished.containsKey(id);
  }

  /** Whether the finished job's bill holds a receipt of this attempt. */
  boolean filed(JobId id, int attempt) {
    return (finished.getOrDefault(id, 0L) & bit(attempt)) != 0;
  }

  /**
   * The state of an unfinished job.
   *
   * @param reportBy Unix milliseconds from which a running attempt counts as detached
   */
  JobState restore(JobSpec spec, int allowUntil, long now, long reportBy) {
    Life life = lives.remove(spec.id());
    Progress progress = Progress.start(spec, allowUntil);
    if (life == null || life.granted.isEmpty()) {
      return new JobState.Queued(progress, now);
    }
    RecoveredProgress recovered = new RecoveredProgress(progress);
    life.granted.forEach(
        (number, grant) -> {
          Optional<AttemptEnded> end = Optional.ofNullable(life.ended.get(number));
          if (life.isOvertaken(number)) {
            recovered.overtaken(number, end.map(AttemptEnded::getLost).orElse(false));
            return;
          }
          WorkerId worker = new WorkerId(offer(grant).statement().node(), "");
          recovered.attempt(
              number,
              worker,
              end.isPresent(),
              end.map(AttemptEnded::getLost).orElse(false),
              end.map(e -> e.getChunksList().stream().map(WireChunk::new).toList())
                  .orElseGet(List::of),
              Optional.ofNullable(life.receipts.get(number)));
        });
    Progress reached = recovered.progress();
    return life.open()
        .filter(grant -> grant.getFirstPosition() == reached.transcript().end())
        .<JobState>map(grant -> new JobState.Assigned(reached, recovered(grant, reportBy)))
        .orElseGet(() -> new JobState.Queued(reached, now));
  }

  private static Attempt recovered(AttemptGranted grant, long reportBy) {
    Signed<Offer> offer = offer(grant);
    return Attempt.recovered(
        grant.getAttempt(),
        new WorkerId(offer.statement().node(), ""),
        offer,
        grant.getFirstPosition(),
        reportBy);
  }

  private Life life(JobId id) {
    return lives.computeIfAbsent(id, unseen -> new Life());
  }

  private void finish(JobId id, long filed) {
    lives.remove(id);
    finished.put(id, filed);
  }

  private static Signed<Offer> offer(AttemptGranted grant) {
    return OfferCodec.fromWire(grant.getOffer());
  }

  private static long attempts(List<io.dgrid.proto.receipt.v1.IssuedReceipt> receipts) {
    long filed = 0;
    for (io.dgrid.proto.receipt.v1.IssuedReceipt receipt : receipts) {
      filed |= bit(receipt.getReceipt().getAttempt());
    }
    return filed;
  }

  private static long bit(int attempt) {
    return attempt < 64 ? 1L << attempt : 0;
  }
}
