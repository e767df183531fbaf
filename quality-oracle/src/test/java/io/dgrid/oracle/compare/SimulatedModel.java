package io.dgrid.oracle.compare;

import java.util.Random;

/**
 * A language model without language: at every position a distribution over a small vocabulary, some
 * nearly certain and some wide, as real ones are. The same seed gives the same model.
 */
final class SimulatedModel {
  private static final int VOCABULARY = 40;
  private static final double STEPS = 2048;

  private final double[][] logits;

  private SimulatedModel(double[][] logits) {
    this.logits = logits;
  }

  static SimulatedModel of(int positions, Random random) {
    double[][] logits = new double[positions][VOCABULARY];
    for (double[] row : logits) {
      double sharpness = 1 + 3 * random.nextDouble();
      for (int i = 0; i < VOCABULARY; i++) {
        row[i] = sharpness * random.nextGaussian();
      }
    }
    return new SimulatedModel(logits);
  }

  /** The same weights on other hardware, or quantised: every logit moves a little. */
  SimulatedModel disturbed(double deviation, Random random) {
    double[][] moved = new double[logits.length][];
    for (int p = 0; p < logits.length; p++) {
      moved[p] = logits[p].clone();
      for (int i = 0; i < moved[p].length; i++) {
        moved[p][i] += deviation * random.nextGaussian();
      }
    }
    return new SimulatedModel(moved);
  }

  /** Tokens drawn with the job's uniform draws, and honest logprobs of this model. */
  Claim serve(double[] draws) {
    int[] ids = new int[logits.length];
    for (int p = 0; p < ids.length; p++) {
      ids[p] = draw(p, draws[p]);
    }
    return new Claim(ids, logprobs(ids));
  }

  /** A verifier's measurement of given tokens with the same draws. */
  Measurement score(int[] ids, double[] draws) {
    double excess = 0;
    double variance = 0;
    int[] redrawn = new int[ids.length];
    for (int p = 0; p < ids.length; p++) {
      redrawn[p] = draw(p, draws[p]);
      double entropy = 0;
      double second = 0;
      for (int i = 0; i < VOCABULARY; i++) {
        double surprisal = -logprob(p, i);
        double probability = Math.exp(-surprisal);
        entropy += probability * surprisal;
        second += probability * surprisal * surprisal;
      }
      excess += -logprob(p, ids[p]) - entropy;
      variance += Math.max(0, second - entropy * entropy);
    }
    return new Measurement(logprobs(ids), redrawn, excess, variance);
  }

  int[] logprobs(int[] ids) {
    int[] quantised = new int[ids.length];
    for (int p = 0; p < ids.length; p++) {
      quantised[p] = (int) Math.min(65_535, Math.round(-logprob(p, ids[p]) * STEPS));
    }
    return quantised;
  }

  private int draw(int position, double u) {
    double sum = 0;
    for (int i = 0; i < VOCABULARY; i++) {
      sum += Math.exp(logprob(position, i));
      if (sum > u) {
        return i;
      }
    }
    return VOCABULARY - 1;
  }

  private double logprob(int position, int token) {
    double sum = 0;
    for (double logit : logits[position]) {
      sum += Math.exp(logit);
    }
    return logits[position][token] - Math.log(sum);
  }
}
