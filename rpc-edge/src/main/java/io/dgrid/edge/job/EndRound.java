package io.dgrid.edge.job;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.edge.GroupCommit.Item;
import io.dgrid.edge.account.Allowances;
import io.dgrid.edge.account.ReceiptRepository.Filing;
import io.dgrid.edge.job.JobRepository.End;
import io.dgrid.edge.ledger.Book;
import io.dgrid.edge.limit.Limits.Signatory;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.Usage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides the ends of one transaction: of each job the first counts. What takes long, checking
 * receipts, comes before the locks. Not for threads.
 */
final class EndRound {
  private final Map<String, JobRow> known;
  private final Domain domain;
  private final SignerCache signers;
  private final long now;
  private final Map<String, Case> cases = new LinkedHashMap<>();
  private final List<JobRow> ended = new ArrayList<>();
  private final List<Filing> endedFilings = new ArrayList<>();

  /** One job with everybody who brought an end of it; the first one's end is taken. */
  private record Case(
      JobRow row, List<Item<End, Optional<JobEvent>>> items, List<IssuedReceipt> receipts) {
    JobEvent terminal() {
      return items.getFirst().asked().terminal();
    }

    List<Filing> filings() {
      return receipts.stream().map(receipt -> new Filing(receipt, row.apiKey == null)).toList();
    }
  }

  /**
   * @param known rows by job id, read before the clients are locked
   * @param now Unix milliseconds
   */
  EndRound(Map<String, JobRow> known, Domain domain, SignerCache signers, long now) {
    this.signers = signers;
    this.known = known;
    this.domain = domain;
    this.now = now;
  }

  /** Answers what needs no lock, keeps the rest. */
  void prepare(Item<End, Optional<JobEvent>> item) {
    String job = item.asked().job().toString();
    JobRow row = known.get(job);
    if (row == null) {
      item.answer(Optional.empty());
    } else if (row.finishedAt != 0) {
      item.answer(Optional.of(Terminals.parse(row.terminal)));
    } else if (cases.containsKey(job)) {
      cases.get(job).items().add(item);
    } else {
      try {
        List<IssuedReceipt> receipts =
            Terminals.validReceipts(item.asked().terminal(), row, domain, signers);
        cases.put(job, new Case(row, new ArrayList<>(List.of(item)), receipts));
      } catch (RuntimeException broken) {
        item.refuse(broken);
      }
    }
  }

  boolean isEmpty() {
    return cases.isEmpty();
  }

  Set<Address> clients() {
    return cases.values().stream()
        .map(one -> Address.fromHex(one.row().client))
        .collect(Collectors.toSet());
  }

  List<JobId> jobs() {
    return cases.keySet().stream().map(JobId::fromHex).toList();
  }

  Set<Signatory> signatories() {
    return cases.values().stream().map(one -> signatory(one.row())).collect(Collectors.toSet());
  }

  Set<String> apiKeys() {
    return cases.values().stream()
        .flatMap(one -> Optional.ofNullable(one.row().apiKey).stream())
        .collect(Collectors.toSet());
  }

  /** All receipts that may be filed. */
  List<Filing> filings() {
    return cases.values().stream().flatMap(one -> one.filings().stream()).toList();
  }

  /**
   * @param locked the rows as they are under the locks
   */
  void decide(Map<String, JobRow> locked, Book book, Allowances allowances) {
    cases.forEach(
        (job, one) -> {
          try {
            JobEvent counted = end(one, locked.get(job), book, allowances);
            one.items().forEach(item -> item.answer(Optional.of(counted)));
          } catch (RuntimeException refusal) {
            one.items().forEach(item -> item.refuse(refusal));
          }
        });
  }

  private JobEvent end(Case one, JobRow row, Book book, Allowances allowances) {
    if (row.finishedAt != 0) {
      return Terminals.parse(row.terminal);
    }
    TokenAmount held = new TokenAmount(row.held);
    TokenAmount charge = charge(one.receipts());
    Signatory who = signatory(row);
    book.close(who.client(), JobId.fromHex(row.jobId), held, charge);
    allowances.giveBack(
        who.client(), who.signer(), Optional.ofNullable(row.apiKey), held.minus(charge));
    close(row, one.terminal(), charge);
    ended.add(row);
    endedFilings.addAll(one.filings());
    return one.terminal();
  }

  private void close(JobRow row, JobEvent terminal, TokenAmount charge) {
    Usage usage = Terminals.usage(terminal);
    row.state = Terminals.phase(terminal);
    row.finishedAt = now;
    row.amount = charge.units();
    row.billedInput = usage.getInputTokens();
    row.billedOutput = usage.getOutputTokens();
    row.terminal = terminal.toByteArray();
  }

  private static Signatory signatory(JobRow row) {
    return new Signatory(Address.fromHex(row.client), Address.fromHex(row.signer));
  }

  /** The sum of the receipts, which {@link Terminals#validReceipts} keeps within the hold. */
  private static TokenAmount charge(List<IssuedReceipt> receipts) {
    return receipts.stream()
        .map(receipt -> receipt.receipt().statement().amount())
        .reduce(TokenAmount.ZERO, TokenAmount::plus);
  }

  /** Rows of the jobs that end here, as they are to be stored. */
  List<JobRow> ended() {
    return ended;
  }

  /** Receipts of the jobs that end here. */
  List<Filing> endedFilings() {
    return endedFilings;
  }
}
