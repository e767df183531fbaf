package io.dgrid.worker.receipt;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.FailureCodec;
import io.dgrid.worker.assignment.AcceptedAssignment;
import io.dgrid.worker.receipt.ReceiptJournal.Issue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Signs receipts one after the other, each linked to the one before, and lets none out before it is
 * on disk: a crash at any point leaves one chain.
 */
public final class ReceiptIssuer {
  private final Signer signer;
  private final Domain domain;
  private final ReceiptJournal journal;

  public ReceiptIssuer(Signer signer, Domain domain, ReceiptJournal journal) {
    this.signer = signer;
    this.domain = domain;
    this.journal = journal;
  }

  /**
   * @throws IOException when the receipt could not be made durable; nothing was issued then
   */
  public AttemptResult issue(FinishedWork work) throws IOException {
    return issue(List.of(work)).getFirst();
  }

  /**
   * Receipts for several works, in their order; they wait for the disk together.
   *
   * @throws IOException when they could not be made durable; nothing was issued then
   */
  public synchronized List<AttemptResult> issue(List<FinishedWork> works) throws IOException {
    List<Issue> issues = new ArrayList<>();
    Hash previous = journal.head();
    for (FinishedWork work : works) {
      Issue issue = issue(work, previous);
      issues.add(issue);
      previous = issue.hash().hash();
    }
    journal.append(issues);
    return issues.stream().map(Issue::result).toList();
  }

  private Issue issue(FinishedWork work, Hash previous) {
    AcceptedAssignment assignment = work.assignment();
    Signed<Receipt> receipt = Signed.by(signer, domain, receipt(work, previous));
    ReceiptHash hash = receipt.statement().hash(domain);
    AttemptResult.Builder result =
        AttemptResult.newBuilder()
            .setJobId(Wire.bytes(assignment.key().jobId()))
            .setAttempt(assignment.key().attempt())
            .setReceipt(
                ReceiptCodec.toWire(
                    new IssuedReceipt(receipt, assignment.offer(), assignment.request())));
    work.interruption().map(FailureCodec::toWire).ifPresent(result::setInterruption);
    assignment.partition().ifPresent(result::setPartition);
    return new Issue(assignment.key(), hash, result.build(), opening(work, hash));
  }

  private Receipt receipt(FinishedWork work, Hash previous) {
    AcceptedAssignment assignment = work.assignment();
    JobRequest request = assignment.request().statement();
    int first = assignment.firstPosition();
    // The first attempt bills the prompt; a continuing one prefilled it only for itself.
    int inputTokens = first == 0 ? work.inputTokens() : 0;
    int outputTokens = work.tokenIds().length;
    return new Receipt(
        assignment.key().jobId(),
        assignment.key().attempt(),
        request.client(),
        signer.address(),
        request.modelId(),
        request.structHash(),
        Fingerprint.responseHash(assignment.salt(), first, work.tokenIds()),
        Fingerprint.root(assignment.salt(), work.tokenIds(), work.logprobs()),
        first,
        inputTokens,
        outputTokens,
        assignment.offer().statement().pricing().bill(inputTokens, outputTokens),
        work.startedAt().toEpochMilli(),
        Math.max(work.startedAt().toEpochMilli(), work.finishedAt().toEpochMilli()),
        work.reason(),
        previous);
  }

  private static Opening opening(FinishedWork work, ReceiptHash hash) {
    AcceptedAssignment assignment = work.assignment();
    return Opening.newBuilder()
        .setReceiptHash(Wire.bytes(hash))
        .setSalt(Wire.bytes(assignment.salt()))
        .setPrompt(assignment.wirePrompt())
        .addAllPromptTokens(boxed(assignment.promptTokens()))
        .setSampling(assignment.wireSampling())
        .addAllDelivered(boxed(assignment.delivered()))
        .addAllTokenIds(boxed(work.tokenIds()))
        .addAllLogprobs(boxed(work.logprobs()))
        .build();
  }

  private static Iterable<Integer> boxed(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
