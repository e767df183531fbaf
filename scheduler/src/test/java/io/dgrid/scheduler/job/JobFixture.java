package io.dgrid.scheduler.job;

import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.fixture.Jobs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A job, three workers, and receipts that open. The token at a position is 1000 + position. */
final class JobFixture {
  static final long DEADLINE = 100_000;
  static final long HEDGE = 100;
  static final Limits LIMITS = new Limits(3, 3, 16, 1_000, 5_000, 3_000, 2_000);

  private static final SigningKey CLIENT = SigningKey.random();
  private static final List<SigningKey> KEYS =
      List.of(SigningKey.random(), SigningKey.random(), SigningKey.random());
  private static final Map<WorkerId, Signed<Offer>> OFFERS = new HashMap<>();
  private static final Hash SALT = Jobs.hash("salt");

  private JobFixture() {}

  record FakeChunk(int attempt, int firstPosition, int size) implements Chunk {
    @Override
    public int tokenId(int index) {
      return 1000 + firstPosition + index;
    }

    @Override
    public int logprob(int index) {
      return 1;
    }
  }

  static JobState queued(int maxOutputTokens) {
    return queued(maxOutputTokens, 0);
  }

  /** A second worker may race once the first token is {@link #HEDGE} late. */
  static JobState hedged(int maxOutputTokens) {
    return queued(maxOutputTokens, HEDGE);
  }

  private static JobState queued(int maxOutputTokens, long hedgeAfter) {
    JobRequest request =
        new JobRequest(
            CLIENT.address(),
            Jobs.MODEL,
            Hash.ZERO,
            Hash.ZERO,
            Price.of(100),
            maxOutputTokens,
            1,
            DEADLINE);
    JobSpec spec =
        new JobSpec(request.jobId(Jobs.DOMAIN), request, SALT, 3, 0, DEADLINE, hedgeAfter);
    return new JobState.Queued(Progress.start(spec, 16), 0);
  }

  static WorkerId worker(int index) {
    return new WorkerId(KEYS.get(index).address(), "w" + index);
  }

  static Signed<Offer> offer(WorkerId worker) {
    return OFFERS.computeIfAbsent(worker, JobFixture::sign);
  }

  private static Signed<Offer> sign(WorkerId worker) {
    return Signed.by(
        CLIENT,
        Jobs.DOMAIN,
        new Offer(worker.node(), Jobs.MODEL, Price.of(10), Price.of(10), 1, DEADLINE));
  }

  /** Signatures are checked before the machine sees a receipt, so any will do. */
  static IssuedReceipt receipt(
      JobState state, WorkerId worker, int attempt, int first, int end, FinishReason reason) {
    int input = first == 0 ? state.progress().spec().inputTokens() : 0;
    return receipt(state, worker, attempt, first, end, reason, input);
  }

  static IssuedReceipt receipt(
      JobState state,
      WorkerId worker,
      int attempt,
      int first,
      int end,
      FinishReason reason,
      int input) {
    JobSpec spec = state.progress().spec();
    int[] ids = IntStream.range(first, end).map(p -> 1000 + p).toArray();
    int[] logprobs = IntStream.range(first, end).map(p -> 1).toArray();
    Signed<Offer> offer = offer(worker);
    Receipt receipt =
        new Receipt(
            spec.id(),
            attempt,
            CLIENT.address(),
            worker.node(),
            Jobs.MODEL,
            spec.request().structHash(),
            Fingerprint.responseHash(SALT, first, ids),
            Fingerprint.root(SALT, ids, logprobs),
            first,
            input,
            ids.length,
            offer.statement().pricing().bill(input, ids.length),
            0,
            0,
            reason,
            Hash.ZERO);
    return new IssuedReceipt(
        new Signed<>(receipt, offer.signature()),
        offer,
        new Signed<>(spec.request(), offer.signature()));
  }
}
