package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.CLIENT;
import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.NODE;
import static io.dgrid.cli.client.Fixture.OTHER_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.chain.ChainFacts.KeyGrant;
import io.dgrid.cli.proof.FakeChain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SessionKeysTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final Address KEY = OTHER_NODE.address();

  private final FakeChain chain = chain(DOMAIN.chainId(), DOMAIN.settlement());

  @Test
  void liveGrantAllowsWhatRemainsOfItsCap() {
    chain.grant = Optional.of(new KeyGrant(true, false, TokenAmount.of(30), NOW + 1));
    chain.pay(CLIENT.address(), NODE.address(), 1, TokenAmount.of(12));
    assertThat(allowance(chain))
        .isEqualTo(new KeyAllowance(KEY, TokenAmount.of(12), TokenAmount.of(30)));
  }

  @Test
  void grantThatIsOverAllowsNothingMore() {
    for (KeyGrant over :
        new KeyGrant[] {
          new KeyGrant(true, false, TokenAmount.of(30), NOW),
          new KeyGrant(false, false, TokenAmount.of(30), NOW + 1),
          new KeyGrant(true, true, TokenAmount.of(30), NOW + 1)
        }) {
      chain.grant = Optional.of(over);
      assertThat(allowance(chain).remaining()).isEqualTo(TokenAmount.ZERO);
    }
  }

  @Test
  void keyThatAnEdgeNamesButTheClientNeverGrantedIsRefused() {
    refused(ErrorCode.INVALID_SIGNATURE, Optional.of(chain));
  }

  @Test
  void withoutTheRightChainNothingIsBelieved() {
    refused(ErrorCode.UNSUPPORTED, Optional.empty());
    refused(ErrorCode.UNSUPPORTED, Optional.of(chain(DOMAIN.chainId() + 1, DOMAIN.settlement())));
    refused(ErrorCode.UNSUPPORTED, Optional.of(chain(DOMAIN.chainId(), KEY)));
  }

  private static void refused(ErrorCode code, Optional<ChainFacts> facts) {
    assertThatThrownBy(() -> keys(facts).allowance(KEY, NODE.address(), 1))
        .isInstanceOfSatisfying(DGridException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static KeyAllowance allowance(ChainFacts facts) {
    return keys(Optional.of(facts)).allowance(KEY, NODE.address(), 1);
  }

  private static SessionKeys keys(Optional<ChainFacts> facts) {
    return new SessionKeys(
        facts, DOMAIN, CLIENT.address(), InstantSource.fixed(Instant.ofEpochMilli(NOW)));
  }

  private static FakeChain chain(long id, Address settlement) {
    return new FakeChain(id, settlement, Address.ZERO, Address.ZERO);
  }
}
