package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Evidence.Bill;
import io.dgrid.acceptance.faults.Evidence.Books;
import io.dgrid.acceptance.faults.Evidence.End;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds what must not be in the evidence. Pure. */
final class Checker {
  private final Evidence evidence;
  private final List<String> found = new ArrayList<>();

  private Checker(Evidence evidence) {
    this.evidence = evidence;
  }

  /** Each breach in words; empty when no job and no money was lost or doubled. */
  static List<String> violations(Evidence evidence) {
    Checker checker = new Checker(evidence);
    evidence.stories().forEach(checker::story);
    evidence.submitted().forEach(checker::endsOnce);
    evidence.bills().forEach(checker::billed);
    evidence.books().forEach(checker::balanced);
    checker.billsAddUp();
    return checker.found;
  }

  /** What the client saw is what the log says. */
  private void story(Story story) {
    story.complaints().forEach(complaint -> found.add(story.describe() + ": " + complaint));
    if (!story.accepted()) {
      return;
    }
    if (!evidence.submitted().contains(story.job())) {
      found.add(story.describe() + " was accepted and is not in the log");
    }
    if (!story.ended()) {
      if (!story.leftBeforeTheEnd()) {
        found.add(story.describe() + " never ended for its client");
      }
      return;
    }
    boolean succeeded = story.isAnswered();
    for (End end : ends(story.job())) {
      if (succeeded != (end.state() == JobState.JOB_STATE_SUCCEEDED)
          || !end.amount().equals(story.amount())) {
        found.add(story.describe() + " for " + story.amount() + ", but the log has " + end);
      }
    }
  }

  private void endsOnce(JobId job) {
    Set<End> ends = ends(job);
    if (ends.size() != 1) {
      found.add("job " + job + " has not one end but " + ends);
    }
    Bill bill = evidence.bills().get(job);
    if (bill == null) {
      found.add("job " + job + " is in the log and not in the ledger");
    } else if (!ends.isEmpty() && !ends.iterator().next().amount().equals(bill.amount())) {
      found.add("job " + job + " ended with " + ends + " and is billed " + bill.amount());
    }
  }

  private Set<End> ends(JobId job) {
    return evidence.ends().getOrDefault(job, Set.of());
  }

  private void billed(JobId job, Bill bill) {
    if (!bill.finished()) {
      found.add("job " + job + " is not finished in the ledger");
    }
    if (!bill.amount().equals(bill.receipts())) {
      found.add(
          "job %s is billed %s, its receipts say %s"
              .formatted(job, bill.amount(), bill.receipts()));
    }
  }

  private void balanced(Books books) {
    if (books.held().signum() != 0) {
      found.add("client %s still has %s held".formatted(books.client(), books.held()));
    }
    if (books.entries().signum() != 0) {
      found.add("entries of client %s add up to %s".formatted(books.client(), books.entries()));
    }
    if (!books.charged().equals(books.receipts())) {
      found.add(
          "client %s is charged %s, settlement has receipts over %s"
              .formatted(books.client(), books.charged(), books.receipts()));
    }
    if (!books.charged().equals(books.moved())) {
      found.add(
          "client %s is charged %s, the chain moved %s"
              .formatted(books.client(), books.charged(), books.moved()));
    }
  }

  private void billsAddUp() {
    Map<Object, BigInteger> sums = new HashMap<>();
    evidence.bills().values().forEach(b -> sums.merge(b.client(), b.amount(), BigInteger::add));
    for (Books books : evidence.books()) {
      BigInteger sum = sums.getOrDefault(books.client(), BigInteger.ZERO);
      if (!sum.equals(books.charged())) {
        found.add(
            "bills of client %s add up to %s, it is charged %s"
                .formatted(books.client(), sum, books.charged()));
      }
    }
  }
}
