package io.dgrid.core.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Hash;
import java.util.ArrayList;
import java.util.List;

/**
 * What anyone can hold against a receipt without running a model (test T4 of Proof of Quality).
 * Whether the request's signer may spend for the client is not decided here: that takes the chain's
 * grants.
 */
public final class ReceiptRules {
  private ReceiptRules() {}

  /** A broken rule; the name is stable. */
  public enum Violation {
    /** The receipt is not signed by the node it names. */
    RECEIPT_SIGNATURE,
    /** The request's signature fits no key. */
    REQUEST_SIGNATURE,
    /** The offer is not signed by the receipt's node. */
    OFFER_SIGNATURE,
    /** Job id or request hash are not those of the request. */
    REQUEST_HASH,
    /** Client differs between receipt and request. */
    CLIENT,
    /** Model differs between receipt, request and offer. */
    MODEL,
    /** The offer asks more than the client's maximum. */
    PRICE,
    /** Input tokens are billed by the first attempt only, and always by it. */
    INPUT_TOKENS,
    /** More output than asked for. */
    OUTPUT_TOKENS,
    /** The amount is not tokens times prices. */
    AMOUNT,
    /** Without output there is no commitment, with output there is one. */
    COMMITMENT,
    /** It ends before it starts. */
    TIMES
  }

  private static final SignerCache NO_CACHE = new SignerCache(0);

  /** Every broken rule; empty for a good receipt. */
  public static List<Violation> violations(IssuedReceipt issued, Domain domain) {
    return violations(issued, domain, NO_CACHE);
  }

  /**
   * Every broken rule; empty for a good receipt.
   *
   * @param signers remembers who signed offers and requests, which come more than once
   */
  public static List<Violation> violations(
      IssuedReceipt issued, Domain domain, SignerCache signers) {
    Receipt receipt = issued.receipt().statement();
    Offer offer = issued.offer().statement();
    JobRequest request = issued.request().statement();
    List<Violation> broken = new ArrayList<>();

    check(broken, Violation.RECEIPT_SIGNATURE, issued.receipt().isBy(receipt.node(), domain));
    check(
        broken, Violation.REQUEST_SIGNATURE, signers.signer(issued.request(), domain).isPresent());
    check(
        broken,
        Violation.OFFER_SIGNATURE,
        offer.node().equals(receipt.node())
            && signers.signer(issued.offer(), domain).filter(receipt.node()::equals).isPresent());
    Hash requestHash = request.structHash();
    check(
        broken,
        Violation.REQUEST_HASH,
        receipt.requestHash().equals(requestHash)
            && receipt.jobId().hash().equals(domain.digest(requestHash)));
    check(broken, Violation.CLIENT, receipt.client().equals(request.client()));
    check(
        broken,
        Violation.MODEL,
        receipt.modelId().equals(request.modelId()) && receipt.modelId().equals(offer.modelId()));
    check(broken, Violation.PRICE, offer.pricing().within(request.maxPrice()));
    check(
        broken,
        Violation.INPUT_TOKENS,
        (receipt.firstPosition() == 0) == (receipt.inputTokens() > 0));
    check(
        broken,
        Violation.OUTPUT_TOKENS,
        (long) receipt.firstPosition() + receipt.outputTokens() <= request.maxOutputTokens());
    check(
        broken,
        Violation.AMOUNT,
        receipt
            .amount()
            .equals(offer.pricing().bill(receipt.inputTokens(), receipt.outputTokens())));
    check(
        broken,
        Violation.COMMITMENT,
        receipt.fingerprintRoot().isZero() == (receipt.outputTokens() == 0));
    check(broken, Violation.TIMES, receipt.startedAt() <= receipt.finishedAt());
    return broken;
  }

  /** Whether the salted hashes of a receipt open to these tokens and logprobs. */
  public static boolean opens(Receipt receipt, Hash salt, int[] tokenIds, int[] logprobs) {
    return receipt.outputTokens() == tokenIds.length
        && tokenIds.length == logprobs.length
        && receipt
            .responseHash()
            .equals(Fingerprint.responseHash(salt, receipt.firstPosition(), tokenIds))
        && receipt.fingerprintRoot().equals(Fingerprint.root(salt, tokenIds, logprobs));
  }

  /**
   * Whether receipts in this order are one answer: one job, no token billed twice, and only the
   * last one final. A hole between two ranges holds tokens of a node that died before it could
   * sign: they are part of the answer and nobody is paid for them.
   */
  public static boolean join(List<Receipt> receipts) {
    int next = 0;
    for (int i = 0; i < receipts.size(); i++) {
      Receipt receipt = receipts.get(i);
      boolean sameJob =
          receipt.jobId().equals(receipts.getFirst().jobId())
              && receipt.client().equals(receipts.getFirst().client());
      boolean last = i == receipts.size() - 1;
      if (!sameJob
          || receipt.firstPosition() < next
          || (!last && receipt.finishReason().isFinal())) {
        return false;
      }
      next = receipt.firstPosition() + receipt.outputTokens();
    }
    return true;
  }

  /** Tokens before the end of the last range that no receipt bills. */
  public static int unbilled(List<Receipt> receipts) {
    if (receipts.isEmpty()) {
      return 0;
    }
    Receipt last = receipts.getLast();
    int end = last.firstPosition() + last.outputTokens();
    return end - receipts.stream().mapToInt(Receipt::outputTokens).sum();
  }

  private static void check(List<Violation> broken, Violation rule, boolean holds) {
    if (!holds) {
      broken.add(rule);
    }
  }
}
