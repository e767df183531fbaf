package io.dgrid.scheduler.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OracleKeysTest {
  private static final Domain DOMAIN = new Domain(31337, Address.fromHex("5e".repeat(20)));
  private static final SigningKey ORACLE = SigningKey.random();
  private static final SigningKey STRANGER = SigningKey.random();
  private static final Verdict VERDICT =
      new Verdict(
          new ReceiptHash(new Hash(1, 2, 3, 4)),
          STRANGER.address(),
          ORACLE.address(),
          VerdictResult.MISMATCH,
          Verdict.T1,
          Verdict.T1,
          5,
          0,
          0,
          7);

  @Test
  void onlyAListedOraclesVerdictCounts() {
    OracleKeys keys =
        new OracleKeys(
            Optional.of(
                List.of(
                    SigningKey.random().address().toString(), " " + ORACLE.address().toString())),
            DOMAIN);

    assertThat(keys.require(Signed.by(ORACLE, DOMAIN, VERDICT))).isEqualTo(VERDICT);
    refused(keys, Signed.by(STRANGER, DOMAIN, VERDICT));
    // Signed by the oracle, but for another chain.
    refused(keys, Signed.by(ORACLE, new Domain(1, DOMAIN.settlement()), VERDICT));
  }

  @Test
  void withoutAListTheTopicIsTrusted() {
    assertThat(
            new OracleKeys(Optional.empty(), DOMAIN).require(Signed.by(STRANGER, DOMAIN, VERDICT)))
        .isEqualTo(VERDICT);
  }

  private static void refused(OracleKeys keys, Signed<Verdict> signed) {
    assertThatThrownBy(() -> keys.require(signed))
        .isInstanceOfSatisfying(
            DGridException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_SIGNATURE));
  }
}
