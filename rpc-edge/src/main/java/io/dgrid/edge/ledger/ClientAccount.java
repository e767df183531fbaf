package io.dgrid.edge.ledger;

import io.dgrid.core.money.TokenAmount;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigInteger;

/** The row of a client's balances; whoever changes it holds its lock. */
@Entity
@Table(name = "client_account")
class ClientAccount {
  @Id String client;

  @Column(nullable = false)
  BigInteger available = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger held = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger charged = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger settled = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger withdrawing = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger shortfall = BigInteger.ZERO;

  Balances balances() {
    return new Balances(
        new TokenAmount(available),
        new TokenAmount(held),
        new TokenAmount(charged),
        new TokenAmount(settled),
        new TokenAmount(withdrawing),
        new TokenAmount(shortfall));
  }

  void set(Balances now) {
    available = now.available().units();
    held = now.held().units();
    charged = now.charged().units();
    settled = now.settled().units();
    withdrawing = now.withdrawing().units();
    shortfall = now.shortfall().units();
  }
}
