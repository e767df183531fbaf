package io.dgrid.edge.ledger;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.money.TokenAmount;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A client's balances and every rule that changes them. Commands of clients are refused when money
 * is missing; facts of the chain never are, what is missing then becomes a shortfall.
 */
public record Balances(
    TokenAmount available,
    TokenAmount held,
    TokenAmount charged,
    TokenAmount settled,
    TokenAmount withdrawing,
    TokenAmount shortfall) {
  static final Balances NONE =
      new Balances(
          TokenAmount.ZERO,
          TokenAmount.ZERO,
          TokenAmount.ZERO,
          TokenAmount.ZERO,
          TokenAmount.ZERO,
          TokenAmount.ZERO);

  /** Final deposits less final withdrawals. */
  public TokenAmount deposited() {
    return available.plus(held).plus(charged).plus(settled).plus(withdrawing).minus(shortfall);
  }

  /**
   * @throws DGridException INSUFFICIENT_CREDIT with what is required, available and missing
   */
  Posting hold(TokenAmount amount) {
    if (available.compareTo(amount) < 0) {
      TokenAmount missing = amount.minus(available);
      throw new DGridException(
          ErrorCode.INSUFFICIENT_CREDIT,
          "the worst case costs %s, the client has %s free: %s missing"
              .formatted(amount.display(), available.display(), missing.display()),
          Map.of(
              "required", amount.toString(),
              "available", available.toString(),
              "missing", missing.toString()));
    }
    return new Steps(this).move(LedgerAccount.AVAILABLE, LedgerAccount.HELD, amount).done();
  }

  /** Ends a hold: the charge stays, the rest is free again. */
  Posting close(TokenAmount hold, TokenAmount charge) {
    if (charge.compareTo(hold) > 0 || held.compareTo(hold) < 0) {
      throw new IllegalArgumentException(
          "cannot charge %s of a hold of %s with %s held".formatted(charge, hold, held));
    }
    return new Steps(this)
        .move(LedgerAccount.HELD, LedgerAccount.CHARGED, charge)
        .move(LedgerAccount.HELD, LedgerAccount.AVAILABLE, hold.minus(charge))
        .repay()
        .done();
  }

  Posting deposit(TokenAmount amount) {
    return new Steps(this)
        .move(LedgerAccount.EXTERNAL, LedgerAccount.AVAILABLE, amount)
        .repay()
        .done();
  }

  /** A new request replaces the one before. What is held for jobs stays held. */
  Posting requestWithdrawal(TokenAmount amount) {
    Steps steps =
        new Steps(this).move(LedgerAccount.WITHDRAWING, LedgerAccount.AVAILABLE, withdrawing);
    return steps
        .move(
            LedgerAccount.AVAILABLE,
            LedgerAccount.WITHDRAWING,
            smaller(amount, steps.now.available()))
        .done();
  }

  /** The chain may pay out less than requested: then the rest is free again. */
  Posting withdraw(TokenAmount amount) {
    Steps steps = new Steps(this).take(amount, LedgerAccount.EXTERNAL, LedgerAccount.WITHDRAWING);
    return steps
        .move(LedgerAccount.WITHDRAWING, LedgerAccount.AVAILABLE, steps.now.withdrawing())
        .repay()
        .done();
  }

  /** A voucher was paid on chain. */
  Posting settle(TokenAmount paid) {
    return new Steps(this).take(paid, LedgerAccount.SETTLED, LedgerAccount.CHARGED).done();
  }

  Balances apply(Transfer t) {
    return with(t.from(), t.amount(), false).with(t.to(), t.amount(), true);
  }

  private Balances with(LedgerAccount account, TokenAmount amount, boolean in) {
    return switch (account) {
      case EXTERNAL -> this;
      case AVAILABLE ->
          new Balances(sum(available, amount, in), held, charged, settled, withdrawing, shortfall);
      case HELD ->
          new Balances(available, sum(held, amount, in), charged, settled, withdrawing, shortfall);
      case CHARGED ->
          new Balances(available, held, sum(charged, amount, in), settled, withdrawing, shortfall);
      case SETTLED ->
          new Balances(available, held, charged, sum(settled, amount, in), withdrawing, shortfall);
      case WITHDRAWING ->
          new Balances(available, held, charged, settled, sum(withdrawing, amount, in), shortfall);
      // A debt: what is taken from it makes it grow.
      case SHORTFALL ->
          new Balances(available, held, charged, settled, withdrawing, sum(shortfall, amount, !in));
    };
  }

  private static TokenAmount sum(TokenAmount a, TokenAmount b, boolean add) {
    return add ? a.plus(b) : a.minus(b);
  }

  private static TokenAmount smaller(TokenAmount a, TokenAmount b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  /** Collects transfers and the balances after them. */
  private static final class Steps {
    private Balances now;
    private final List<Transfer> transfers = new ArrayList<>();

    Steps(Balances start) {
      now = start;
    }

    Steps move(LedgerAccount from, LedgerAccount to, TokenAmount amount) {
      if (!amount.isZero()) {
        Transfer transfer = new Transfer(from, to, amount);
        now = now.apply(transfer);
        transfers.add(transfer);
      }
      return this;
    }

    /** Takes a chain fact's amount from the account it belongs to, then from free money. */
    Steps take(TokenAmount amount, LedgerAccount to, LedgerAccount first) {
      TokenAmount own = first == LedgerAccount.CHARGED ? now.charged() : now.withdrawing();
      TokenAmount fromFirst = smaller(amount, own);
      move(first, to, fromFirst);
      TokenAmount rest = amount.minus(fromFirst);
      TokenAmount fromFree = smaller(rest, now.available());
      move(LedgerAccount.AVAILABLE, to, fromFree);
      return move(LedgerAccount.SHORTFALL, to, rest.minus(fromFree));
    }

    Steps repay() {
      return move(
          LedgerAccount.AVAILABLE,
          LedgerAccount.SHORTFALL,
          smaller(now.available(), now.shortfall()));
    }

    Posting done() {
      return new Posting(now, transfers);
    }
  }
}
