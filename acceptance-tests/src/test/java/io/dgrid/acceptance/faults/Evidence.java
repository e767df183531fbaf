package io.dgrid.acceptance.faults;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobState;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What clients, topics, ledger, settlement and chain say afterwards. Amounts in smallest units.
 *
 * @param submitted jobs in the log
 * @param ends different ends of each job in the log
 * @param bills jobs in the edges' ledger
 */
record Evidence(
    List<Story> stories,
    Set<JobId> submitted,
    Map<JobId, Set<End>> ends,
    Map<JobId, Bill> bills,
    List<Books> books) {

  /** A terminal record. */
  record End(JobState state, BigInteger amount) {}

  /**
   * A job in the ledger.
   *
   * @param receipts sum of those that were accepted for it
   */
  record Bill(Address client, boolean finished, BigInteger amount, BigInteger receipts) {}

  /**
   * The money of one client.
   *
   * @param charged at the edges, settled or not
   * @param entries sum of all its ledger entries
   * @param receipts sum of those that settlement has
   * @param moved out of its escrow on the chain
   */
  record Books(
      Address client,
      BigInteger held,
      BigInteger charged,
      BigInteger entries,
      BigInteger receipts,
      BigInteger moved) {}
}
