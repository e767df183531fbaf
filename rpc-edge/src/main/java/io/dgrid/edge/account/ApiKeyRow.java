package io.dgrid.edge.account;

import io.dgrid.core.money.TokenAmount;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigInteger;

/** An API key without its secret. */
@Entity
@Table(name = "api_key")
class ApiKeyRow {
  @Id
  @Column(name = "key_id")
  String keyId;

  /** SHA-256 of the secret. */
  @Column(name = "secret_hash", nullable = false)
  byte[] secretHash;

  @Column(nullable = false)
  String client;

  @Column(nullable = false)
  String label;

  @Column(name = "spend_cap", nullable = false)
  BigInteger spendCap = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger spent = BigInteger.ZERO;

  /** Unix milliseconds. */
  long expiry;

  boolean revoked;

  @Column(name = "created_at")
  long createdAt;

  boolean isValid(long now) {
    return !revoked && (expiry < 0 || expiry > now);
  }

  void spend(TokenAmount amount) {
    spent = Caps.spend("the API key", spendCap, spent, amount);
  }

  void giveBack(TokenAmount amount) {
    spent = spent.subtract(amount.units()).max(BigInteger.ZERO);
  }
}
