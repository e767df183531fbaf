package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.money.Pricing;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whether receipts bill exactly what this client asked for and received. Pure. */
public final class AnswerRules {
  private AnswerRules() {}

  /** What is wrong, in words; empty when the receipts can be confirmed. */
  public static List<String> violations(SignedQuestion asked, Answer answer, Domain domain) {
    List<String> broken = new ArrayList<>();
    List<Receipt> receipts = answer.receipts().stream().map(r -> r.receipt().statement()).toList();
    for (IssuedReceipt issued : answer.receipts()) {
      ReceiptRules.violations(issued, domain)
          .forEach(v -> broken.add("receipt of attempt " + attempt(issued) + " breaks " + v));
      if (!issued.request().equals(asked.request())) {
        broken.add("receipt of attempt " + attempt(issued) + " answers another request");
      }
      if (!opens(issued.receipt().statement(), asked, answer)) {
        broken.add("receipt of attempt " + attempt(issued) + " is not over the received tokens");
      }
    }
    if (!ReceiptRules.join(receipts)) {
      broken.add("the receipts' token ranges overlap or are out of order");
    }
    requireBill(broken, receipts, asked, answer);
    return broken;
  }

  private static void requireBill(
      List<String> broken, List<Receipt> receipts, SignedQuestion asked, Answer answer) {
    long output = receipts.stream().mapToLong(Receipt::outputTokens).sum();
    long unbilled = ReceiptRules.unbilled(receipts);
    int arrived = answer.tokenIds().length;
    // A node that was lost before it signed bills nothing, and nobody waits for it once the client
    // has cancelled: what it made last is free then.
    boolean freeTail = answer.failure().isPresent() && output + unbilled < arrived;
    if (output + unbilled != arrived && !freeTail) {
      String free = unbilled == 0 ? "" : " and %d free".formatted(unbilled);
      broken.add("%d tokens are billed%s, %d arrived".formatted(output, free, arrived));
    }
    if (receipts.stream().anyMatch(r -> r.inputTokens() > answer.inputTokens())) {
      broken.add("more input tokens are billed than were accepted");
    }
    TokenAmount sum =
        receipts.stream().map(Receipt::amount).reduce(TokenAmount.ZERO, TokenAmount::plus);
    if (!sum.equals(answer.amount())) {
      broken.add("the receipts add up to %s, the bill is %s".formatted(sum, answer.amount()));
    }
    TokenAmount worstCase =
        new Pricing(asked.question().maxPrice(), asked.question().maxPrice())
            .atMost(answer.inputTokens(), asked.question().maxOutputTokens());
    if (sum.compareTo(worstCase) > 0) {
      broken.add("the bill %s is above the worst case %s".formatted(sum, worstCase));
    }
  }

  private static boolean opens(Receipt receipt, SignedQuestion asked, Answer answer) {
    int from = receipt.firstPosition();
    long until = (long) from + receipt.outputTokens();
    return until <= answer.tokenIds().length
        && ReceiptRules.opens(
            receipt,
            asked.salt(),
            Arrays.copyOfRange(answer.tokenIds(), from, (int) until),
            Arrays.copyOfRange(answer.logprobs(), from, (int) until));
  }

  private static int attempt(IssuedReceipt issued) {
    return issued.receipt().statement().attempt();
  }
}
