package io.dgrid.scheduler.job;

import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a job has reached so far, in whatever state it is.
 *
 * @param receipts filed receipts in position order
 * @param highestAttempt highest fencing number ever granted, 0 before the first
 * @param fruitless attempts in a row that delivered nothing
 * @param lost attempts in a row over which a worker fell silent for good
 * @param allowUntil tokens at positions below this may be sent; only grows
 * @param claims ended attempts whose receipt for delivered tokens has not arrived
 * @param hedged the one hedge that the job may have was asked for
 */
public record Progress(
    JobSpec spec,
    Transcript transcript,
    List<IssuedReceipt> receipts,
    int highestAttempt,
    int fruitless,
    int lost,
    int allowUntil,
    List<Claim> claims,
    boolean hedged) {

  /** Delivered tokens [firstPosition, until) of an ended attempt that no receipt covers yet. */
  public record Claim(int attempt, WorkerId worker, int firstPosition, int until) {}

  public static Progress start(JobSpec spec, int allowUntil) {
    return new Progress(spec, Transcript.EMPTY, List.of(), 0, 0, 0, allowUntil, List.of(), false);
  }

  /** Billed so far. */
  public TokenAmount amount() {
    return receipts.stream()
        .map(issued -> issued.receipt().statement().amount())
        .reduce(TokenAmount.ZERO, TokenAmount::plus);
  }

  public int billedInputTokens() {
    return receipts.stream().mapToInt(r -> r.receipt().statement().inputTokens()).sum();
  }

  public int billedOutputTokens() {
    return receipts.stream().mapToInt(r -> r.receipt().statement().outputTokens()).sum();
  }

  public boolean filed(int attempt) {
    return receipts.stream().anyMatch(r -> r.receipt().statement().attempt() == attempt);
  }

  Optional<Claim> claim(int attempt, WorkerId worker) {
    return claims.stream()
        .filter(claim -> claim.attempt() == attempt && claim.worker().accepts(worker))
        .findFirst();
  }

  public Progress withTranscript(Transcript grown) {
    return new Progress(
        spec, grown, receipts, highestAttempt, fruitless, lost, allowUntil, claims, hedged);
  }

  Progress withAttempt(int number) {
    return new Progress(
        spec, transcript, receipts, number, fruitless, lost, allowUntil, claims, hedged);
  }

  Progress withFruitless(int count) {
    return new Progress(
        spec, transcript, receipts, highestAttempt, count, lost, allowUntil, claims, hedged);
  }

  Progress withLost(int count) {
    return new Progress(
        spec, transcript, receipts, highestAttempt, fruitless, count, allowUntil, claims, hedged);
  }

  Progress allowing(int until) {
    return new Progress(
        spec, transcript, receipts, highestAttempt, fruitless, lost, until, claims, hedged);
  }

  Progress claiming(Claim claim) {
    List<Claim> more = new ArrayList<>(claims);
    more.add(claim);
    return new Progress(
        spec,
        transcript,
        receipts,
        highestAttempt,
        fruitless,
        lost,
        allowUntil,
        List.copyOf(more),
        hedged);
  }

  Progress withoutClaim(int attempt) {
    List<Claim> fewer = claims.stream().filter(claim -> claim.attempt() != attempt).toList();
    return new Progress(
        spec, transcript, receipts, highestAttempt, fruitless, lost, allowUntil, fewer, hedged);
  }

  Progress hedging() {
    return new Progress(
        spec, transcript, receipts, highestAttempt, fruitless, lost, allowUntil, claims, true);
  }

  Progress filing(IssuedReceipt receipt) {
    List<IssuedReceipt> more = new ArrayList<>(receipts);
    more.add(receipt);
    more.sort(
        Comparator.comparingInt((IssuedReceipt r) -> r.receipt().statement().firstPosition())
            .thenComparingInt(r -> r.receipt().statement().attempt()));
    return new Progress(
        spec,
        transcript,
        List.copyOf(more),
        highestAttempt,
        fruitless,
        lost,
        allowUntil,
        claims,
        hedged);
  }
}
