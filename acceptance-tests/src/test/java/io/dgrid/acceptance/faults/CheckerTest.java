package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.faults.Evidence.Bill;
import io.dgrid.acceptance.faults.Evidence.Books;
import io.dgrid.acceptance.faults.Evidence.End;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobState;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CheckerTest {
  private static final Address CLIENT = Address.of(new byte[Address.BYTES]);
  private static final JobId JOB = JobId.fromHex("0x" + "11".repeat(32));
  private static final End END = new End(JobState.JOB_STATE_SUCCEEDED, amount(5));
  private static final Bill BILL = new Bill(CLIENT, true, amount(5), amount(5));
  private static final Books BOOKS =
      new Books(CLIENT, amount(0), amount(5), amount(0), amount(5), amount(5));
  private static final Story STORY = story(true, amount(5), List.of());

  @Test
  void nothingIsFoundWhenEverythingAgrees() {
    assertThat(check(STORY, Set.of(JOB), Set.of(END), BILL, BOOKS)).isEmpty();
  }

  @Test
  void refusedJobsOweNothing() {
    Story refused = story(false, amount(0), List.of());
    Evidence evidence = new Evidence(List.of(refused), Set.of(), Map.of(), Map.of(), List.of());
    assertThat(Checker.violations(evidence)).isEmpty();
  }

  @Test
  void jobThatNeverEndedForWhoWaitedForIt() {
    assertFound("never ended", lost(Behaviour.READS), Set.of(JOB), Set.of(END), BILL, BOOKS);
    assertThat(check(lost(Behaviour.CANCELS), Set.of(JOB), Set.of(END), BILL, BOOKS))
        .as("it took its job back and was cut off")
        .isEmpty();
  }

  @Test
  void complaintsOfClientsAreFound() {
    Story unhappy = story(true, amount(5), List.of("a gap"));
    assertFound("a gap", unhappy, Set.of(JOB), Set.of(END), BILL, BOOKS);
  }

  @Test
  void acceptedAndNotInTheLog() {
    assertFound("is not in the log", STORY, Set.of(), Set.of(END), BILL, BOOKS);
  }

  @Test
  void noEndAndTwoEnds() {
    End other = new End(JobState.JOB_STATE_FAILED, amount(5));
    assertFound("has not one end but []", STORY, Set.of(JOB), Set.of(), BILL, BOOKS);
    assertFound("has not one end but", STORY, Set.of(JOB), Set.of(END, other), BILL, BOOKS);
  }

  @Test
  void clientToldAnotherEndThanTheLog() {
    Story dearer = story(true, amount(6), List.of());
    assertFound("but the log has", dearer, Set.of(JOB), Set.of(END), BILL, BOOKS);
  }

  @Test
  void billThatIsNotItsReceipts() {
    Bill wrong = new Bill(CLIENT, true, amount(5), amount(4));
    assertFound("its receipts say 4", STORY, Set.of(JOB), Set.of(END), wrong, BOOKS);
  }

  @Test
  void moneyThatIsHeldForEver() {
    Books held = new Books(CLIENT, amount(1), amount(5), amount(0), amount(5), amount(5));
    assertFound("still has 1 held", STORY, Set.of(JOB), Set.of(END), BILL, held);
  }

  @Test
  void chargesThatAreNotOnTheChainOrNotInSettlement() {
    Books unpaid = new Books(CLIENT, amount(0), amount(5), amount(0), amount(5), amount(4));
    assertFound("the chain moved 4", STORY, Set.of(JOB), Set.of(END), BILL, unpaid);
    Books lost = new Books(CLIENT, amount(0), amount(5), amount(0), amount(4), amount(5));
    assertFound("settlement has receipts over 4", STORY, Set.of(JOB), Set.of(END), BILL, lost);
  }

  @Test
  void entriesThatMakeMoney() {
    Books made = new Books(CLIENT, amount(0), amount(5), amount(1), amount(5), amount(5));
    assertFound("add up to 1", STORY, Set.of(JOB), Set.of(END), BILL, made);
  }

  private static void assertFound(
      String what, Story story, Set<JobId> submitted, Set<End> ends, Bill bill, Books books) {
    assertThat(check(story, submitted, ends, bill, books)).anyMatch(f -> f.contains(what));
  }

  private static List<String> check(
      Story story, Set<JobId> submitted, Set<End> ends, Bill bill, Books books) {
    return Checker.violations(
        new Evidence(
            List.of(story), submitted, Map.of(JOB, ends), Map.of(JOB, bill), List.of(books)));
  }

  private static Story story(boolean accepted, BigInteger amount, List<String> complaints) {
    return new Story(
        1,
        CLIENT,
        JOB,
        Behaviour.READS,
        accepted,
        accepted,
        Optional.empty(),
        accepted
            ? Optional.empty()
            : Optional.of(new DGridException(ErrorCode.UNAVAILABLE, "not now")),
        amount,
        complaints);
  }

  private static Story lost(Behaviour behaviour) {
    return new Story(
        1,
        CLIENT,
        JOB,
        behaviour,
        true,
        false,
        Optional.empty(),
        Optional.of(new DGridException(ErrorCode.UNAVAILABLE, "the edge does not answer")),
        amount(0),
        List.of());
  }

  private static BigInteger amount(long units) {
    return BigInteger.valueOf(units);
  }
}
