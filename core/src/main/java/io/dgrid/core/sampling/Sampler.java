package io.dgrid.core.sampling;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Draws tokens exactly as {@code docs/protocol.md} ("Tokens, sampling, fingerprint") says. A draw
 * depends on the logits, the parameters and the output position only, so any single token can be
 * drawn again by anyone.
 *
 * <p>Holds buffers of the size of one vocabulary and reuses them: one instance per session, not
 * thread safe. The kept mass that top-p is measured on is summed in ascending token-id order, its
 * prefix in descending order of weight.
 */
public final class Sampler {
  private final double[] weights;
  private final int[] heap;
  private final int[] kept;
  private final MessageDigest sha256 = newSha256();
  private final byte[] counter = new byte[Long.BYTES + Integer.BYTES];

  private int keptCount;
  private double total;

  /**
   * @param vocabularySize number of tokens of the model, at least 1
   */
  public Sampler(int vocabularySize) {
    if (vocabularySize < 1) {
      throw new IllegalArgumentException("vocabulary of " + vocabularySize + " tokens");
    }
    weights = new double[vocabularySize];
    heap = new int[vocabularySize];
    kept = new int[vocabularySize];
  }

  /**
   * The token at {@code position} of the output.
   *
   * @throws NonFiniteLogitsException if the logits define no distribution
   */
  public int draw(float[] logits, SamplingParameters parameters, int position) {
    filter(logits, parameters);
    if (keptCount == 1) {
      return kept[0];
    }
    double threshold = uniform(parameters.seed(), position) * total;
    double sum = 0;
    int last = kept[0];
    for (int i = 0; i < keptCount; i++) {
      double weight = weights[kept[i]];
      sum += weight;
      if (sum > threshold) {
        return kept[i];
      }
      if (weight > 0) {
        last = kept[i];
      }
    }
    // The product can round up to the total itself; then the last possible token is the one.
    return last;
  }

  /**
   * How surprising {@code token} is in the distribution that the last {@link #draw} drew from,
   * after all filters.
   */
  public Surprisal surprisal(int token) {
    double entropy = 0;
    double secondMoment = 0;
    double own = Double.POSITIVE_INFINITY;
    for (int i = 0; i < keptCount; i++) {
      double q = weights[kept[i]] / total;
      if (q > 0) {
        double nats = 0 - DeterministicMath.log(q); // never -0.0
        entropy += q * nats;
        secondMoment += q * nats * nats;
        if (kept[i] == token) {
          own = nats;
        }
      }
    }
    return new Surprisal(own, entropy, Math.max(0, secondMoment - entropy * entropy));
  }

  /** The number in [0, 1) that decides the token at {@code position} of a job with this seed. */
  public double uniform(long seed, int position) {
    ByteBuffer.wrap(counter).putLong(seed).putInt(position);
    long first = ByteBuffer.wrap(sha256.digest(counter)).getLong();
    return (first >>> 11) * 0x1.0p-53;
  }

  /** Fills {@link #kept} (ascending) with the tokens that pass all filters, and their weights. */
  private void filter(float[] logits, SamplingParameters parameters) {
    if (logits.length != weights.length) {
      throw new IllegalArgumentException(
          "%d logits for a vocabulary of %d".formatted(logits.length, weights.length));
    }
    float max = Logprobs.largest(logits);
    if (parameters.temperatureMicros() == 0) {
      keepGreedy(logits, max);
      return;
    }
    double temperature = parameters.temperatureMicros() / (double) SamplingParameters.MICROS;
    keptCount = 0;
    for (int i = 0; i < logits.length; i++) {
      double weight = DeterministicMath.exp(((double) logits[i] - max) / temperature);
      weights[i] = weight;
      // Weight zero can never be drawn and comes last in every order, so leaving it out changes
      // nothing.
      if (weight > 0) {
        kept[keptCount++] = i;
      }
    }
    if (parameters.topK() > 0 && parameters.topK() < keptCount) {
      keepMostLikely(parameters.topK());
      total = sumOfMostLikely();
      cutMass(parameters.topPMicros());
    } else {
      total = sumOfKept();
      keepMass(parameters.topPMicros());
    }
  }

  private void keepGreedy(float[] logits, float max) {
    int first = 0;
    while (logits[first] != max) {
      first++;
    }
    weights[first] = 1;
    kept[0] = first;
    keptCount = 1;
    total = 1;
  }

  /** Leaves the {@code count} largest in {@link #kept}, in descending order. */
  private void keepMostLikely(int count) {
    heapify();
    for (int i = 0; i < count; i++) {
      kept[i] = pop(keptCount - i);
    }
    keptCount = count;
  }

  /**
   * Cuts {@link #kept}, which is in descending order, to the prefix with the wanted share of {@link
   * #total}.
   */
  private void cutMass(int topPMicros) {
    if (topPMicros < SamplingParameters.MICROS) {
      double limit = share(topPMicros);
      double prefix = 0;
      int taken = 0;
      while (taken < keptCount && prefix < limit) {
        prefix += weights[kept[taken++]];
      }
      keptCount = taken;
    }
    Arrays.sort(kept, 0, keptCount);
    total = sumOfKept();
  }

  /**
   * As {@link #cutMass}, for a {@link #kept} that is in ascending order of ids and may be a whole
   * vocabulary.
   */
  private void keepMass(int topPMicros) {
    if (topPMicros == SamplingParameters.MICROS) {
      return;
    }
    double limit = share(topPMicros);
    heapify();
    double prefix = 0;
    int taken = 0;
    while (taken < keptCount && prefix < limit) {
      int top = pop(keptCount - taken);
      kept[taken++] = top;
      prefix += weights[top];
    }
    keptCount = taken;
    Arrays.sort(kept, 0, keptCount);
    total = sumOfKept();
  }

  private double share(int topPMicros) {
    return total * (topPMicros / (double) SamplingParameters.MICROS);
  }

  private double sumOfKept() {
    double sum = 0;
    for (int i = 0; i < keptCount; i++) {
      sum += weights[kept[i]];
    }
    return sum;
  }

  /**
   * The same sum while {@link #kept} is in descending order: additions still go in ascending token
   * order.
   */
  private double sumOfMostLikely() {
    System.arraycopy(kept, 0, heap, 0, keptCount);
    Arrays.sort(heap, 0, keptCount);
    double sum = 0;
    for (int i = 0; i < keptCount; i++) {
      sum += weights[heap[i]];
    }
    return sum;
  }

  // A heap gives the descending order only as far as it is needed: for a large vocabulary a full
  // sort would cost more than the draw.
  private void heapify() {
    System.arraycopy(kept, 0, heap, 0, keptCount);
    for (int i = keptCount / 2 - 1; i >= 0; i--) {
      siftDown(i, keptCount);
    }
  }

  private int pop(int size) {
    int top = heap[0];
    heap[0] = heap[size - 1];
    siftDown(0, size - 1);
    return top;
  }

  private void siftDown(int start, int size) {
    int parent = start;
    int token = heap[start];
    while (2 * parent + 1 < size) {
      int child = 2 * parent + 1;
      if (child + 1 < size && precedes(heap[child + 1], heap[child])) {
        child++;
      }
      if (!precedes(heap[child], token)) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
    }
    heap[parent] = token;
  }

  private boolean precedes(int a, int b) {
    return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
