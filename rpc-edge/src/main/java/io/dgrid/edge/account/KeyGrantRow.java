package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import jakarta.persistence.Column;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import java.math.BigInteger;

/** A client's grant as the chain has it, and what running and finished jobs took from it. */
@Entity
@Table(name = "key_grant")
class KeyGrantRow {
  @EmbeddedId ClientKey id;

  @Column(name = "spend_cap", nullable = false)
  BigInteger spendCap = BigInteger.ZERO;

  @Column(nullable = false)
  BigInteger spent = BigInteger.ZERO;

  /** Unix milliseconds. */
  long expiry;

  @Column(nullable = false)
  String scope = Hash.ZERO.toString();

  boolean revoked;

  boolean isValid(long now) {
    return !revoked && (expiry < 0 || expiry > now);
  }

  /** The chain pays no vouchers signed under a grant for one model only. */
  boolean coversEveryModel() {
    return Hash.fromHex(scope).isZero();
  }

  boolean covers(ModelId model) {
    return coversEveryModel() || Hash.fromHex(scope).equals(model.hash());
  }

  /** Throws SPEND_CAP_REACHED when the cap does not cover it. */
  void spend(TokenAmount amount) {
    spent = Caps.spend("the grant", spendCap, spent, amount);
  }

  void giveBack(TokenAmount amount) {
    spent = spent.subtract(amount.units()).max(BigInteger.ZERO);
  }

  static DGridException notGranted(String message) {
    return new DGridException(ErrorCode.INVALID_SIGNATURE, message);
  }
}
