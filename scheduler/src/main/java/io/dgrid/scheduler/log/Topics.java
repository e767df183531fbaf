package io.dgrid.scheduler.log;

/** Names of the topics this service touches. */
final class Topics {
  static final String SUBMITTED = "dgrid.job.v1.submitted";
  static final String EVENTS = "dgrid.job.v1.events";
  static final String RECEIPTS = "dgrid.receipt.v1.issued";
  static final String VERDICTS = "dgrid.verdict.v1.issued";
  static final String MOVEMENTS = "dgrid.chain.v1.movements";

  private Topics() {}
}
