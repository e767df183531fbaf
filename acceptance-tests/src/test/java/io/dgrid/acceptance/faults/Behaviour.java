package io.dgrid.acceptance.faults;

import java.util.Random;

/** How a client takes its answer. */
enum Behaviour {
  /** Reads to the end. */
  READS,
  /** Reads to the end, with pauses. */
  READS_SLOWLY,
  /** Ends the job when the first text is there. */
  CANCELS,
  /** Loses its connection when the first text is there, and resumes on another edge. */
  LOSES_CONNECTION;

  private static final int PATIENT_PERCENT = 55;

  /** Of those who only read. */
  static Behaviour drawReader(Random random) {
    return random.nextInt(3) == 0 ? READS_SLOWLY : READS;
  }

  /** Most clients are patient. */
  static Behaviour draw(Random random) {
    return random.nextInt(100) < PATIENT_PERCENT
        ? READS
        : values()[1 + random.nextInt(values().length - 1)];
  }
}
