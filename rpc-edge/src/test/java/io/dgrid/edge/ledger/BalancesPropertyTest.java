package io.dgrid.edge.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Under any order of commands and chain facts: entries sum to zero and explain every balance. */
class BalancesPropertyTest {

  @Test
  void moneyConserves() {
    for (long seed = 0; seed < 300; seed++) {
      new Run(seed).go(200);
    }
  }

  private static final class Run {
    private final long seed;
    private final Random random;
    private Balances now = Balances.NONE;
    private BigInteger external = BigInteger.ZERO;
    private final Map<LedgerAccount, BigInteger> entries = new EnumMap<>(LedgerAccount.class);
    private final List<TokenAmount> holds = new ArrayList<>();

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    void go(int steps) {
      for (int i = 0; i < steps; i++) {
        Balances before = now;
        step();
        check(before, i);
      }
    }

    private void step() {
      TokenAmount amount = TokenAmount.of(random.nextInt(1000));
      switch (random.nextInt(6)) {
        case 0 -> post(now.deposit(amount), amount.units());
        case 1 -> hold(amount);
        case 2 -> close();
        case 3 -> post(now.requestWithdrawal(amount), BigInteger.ZERO);
        case 4 -> {
          // The chain never pays out more than came in.
          TokenAmount most = TokenAmount.of(external.min(amount.units()).longValueExact());
          post(now.withdraw(most), most.units().negate());
        }
        default -> post(now.settle(amount), BigInteger.ZERO);
      }
    }

    private void hold(TokenAmount amount) {
      try {
        post(now.hold(amount), BigInteger.ZERO);
        holds.add(amount);
      } catch (DGridException refused) {
        assertThat(refused.code()).isEqualTo(ErrorCode.INSUFFICIENT_CREDIT);
        assertThat(amount).as("seed %d", seed).isGreaterThan(now.available());
        assertThat(new BigInteger(refused.metadata().get("missing")))
            .isEqualTo(amount.units().subtract(now.available().units()));
      }
    }

    private void close() {
      if (!holds.isEmpty()) {
        TokenAmount hold = holds.remove(random.nextInt(holds.size()));
        long charge = hold.isZero() ? 0 : random.nextLong(hold.units().longValueExact() + 1);
        post(now.close(hold, TokenAmount.of(charge)), BigInteger.ZERO);
      }
    }

    private void post(Posting posting, BigInteger fromOutside) {
      external = external.add(fromOutside);
      for (Transfer t : posting.transfers()) {
        entries.merge(t.from(), t.amount().units().negate(), BigInteger::add);
        entries.merge(t.to(), t.amount().units(), BigInteger::add);
      }
      now = posting.after();
    }

    private void check(Balances before, int step) {
      String where = "seed %d step %d from %s".formatted(seed, step, before);
      assertThat(entries.values().stream().reduce(BigInteger.ZERO, BigInteger::add))
          .as(where)
          .isZero();
      assertThat(entry(LedgerAccount.AVAILABLE)).as(where).isEqualTo(now.available().units());
      assertThat(entry(LedgerAccount.HELD)).as(where).isEqualTo(now.held().units());
      assertThat(entry(LedgerAccount.CHARGED)).as(where).isEqualTo(now.charged().units());
      assertThat(entry(LedgerAccount.SETTLED)).as(where).isEqualTo(now.settled().units());
      assertThat(entry(LedgerAccount.WITHDRAWING)).as(where).isEqualTo(now.withdrawing().units());
      assertThat(entry(LedgerAccount.SHORTFALL).negate())
          .as(where)
          .isEqualTo(now.shortfall().units());
      assertThat(entry(LedgerAccount.EXTERNAL).negate()).as(where).isEqualTo(external);
      assertThat(now.held().units())
          .as(where)
          .isEqualTo(
              holds.stream().map(TokenAmount::units).reduce(BigInteger.ZERO, BigInteger::add));
    }

    private BigInteger entry(LedgerAccount account) {
      return entries.getOrDefault(account, BigInteger.ZERO);
    }
  }
}
