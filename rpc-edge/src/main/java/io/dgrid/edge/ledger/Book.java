package io.dgrid.edge.ledger;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Balances of locked clients and the postings that one transaction makes of them. Not for threads.
 */
public final class Book {
  /** What a posting is known by. */
  record Reference(String reference, String kind) {}

  /** One side of a transfer. */
  record Entry(
      String client, Reference posting, int step, LedgerAccount account, BigInteger amount) {}

  private final Map<String, Balances> balances;
  private final Set<Reference> posted;
  private final Map<String, Balances> changed = new LinkedHashMap<>();
  private final List<Reference> postings = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();

  /**
   * @param posted the postings there are already of the references in question
   */
  Book(Map<String, Balances> balances, Set<Reference> posted) {
    this.balances = new HashMap<>(balances);
    this.posted = posted;
  }

  /**
   * Sets aside the worst case of a job.
   *
   * @return false when that was done before
   * @throws DGridException INSUFFICIENT_CREDIT; then nothing changed
   */
  public boolean hold(Address client, JobId job, TokenAmount amount) {
    return post(client, job, "hold", b -> b.hold(amount));
  }

  /**
   * Ends the hold of a job with its charge.
   *
   * @return false when that was done before
   * @throws IllegalArgumentException when less is held; then nothing changed
   */
  public boolean close(Address client, JobId job, TokenAmount hold, TokenAmount charge) {
    return post(client, job, "close", b -> b.close(hold, charge));
  }

  /** How many clients there are. */
  int clients() {
    return balances.size();
  }

  /** Whether the job has this posting. */
  boolean knows(JobId job, String kind) {
    return posted.contains(new Reference(job.toString(), kind));
  }

  private boolean post(
      Address client, JobId job, String kind, Function<Balances, Posting> command) {
    Reference reference = new Reference(job.toString(), kind);
    if (posted.contains(reference)) {
      return false;
    }
    String who = client.toString();
    Posting posting = command.apply(balances.getOrDefault(who, Balances.NONE));
    posted.add(reference);
    postings.add(reference);
    balances.put(who, posting.after());
    changed.put(who, posting.after());
    int step = 0;
    for (Transfer t : posting.transfers()) {
      entries.add(new Entry(who, reference, step, t.from(), t.amount().units().negate()));
      entries.add(new Entry(who, reference, step, t.to(), t.amount().units()));
      step++;
    }
    return true;
  }

  Map<String, Balances> changed() {
    return changed;
  }

  List<Reference> postings() {
    return postings;
  }

  List<Entry> entries() {
    return entries;
  }
}
