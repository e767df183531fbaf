package io.dgrid.oracle.compare;

/** What re-execution can promise for a model; the letter is part of its manifest. */
public enum AssuranceClass {
  /** Equal bits on every host: any difference convicts. */
  DETERMINISTIC("D"),
  /** The protocol's sampler over nearly equal logits: redraws agree almost always. */
  SEEDED("S"),
  /** Only token ids and logprobs can be compared. */
  LOGPROBS("L"),
  /** Nobody else can run it: no integrity claim. */
  CLOSED("Q");

  private final String letter;

  AssuranceClass(String letter) {
    this.letter = letter;
  }

  /**
   * @throws IllegalArgumentException for an unknown letter
   */
  public static AssuranceClass of(String letter) {
    for (AssuranceClass candidate : values()) {
      if (candidate.letter.equals(letter)) {
        return candidate;
      }
    }
    throw new IllegalArgumentException("unknown assurance class " + letter);
  }
}
