package io.dgrid.settlement.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.proto.settlement.v1.StakeChanged;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MovementFoldTest {
  private static final Address NODE = new Address(1, 2, 3);
  private static final long NOW = 1_000;

  private final Map<Address, Standing> standings = new HashMap<>();
  private final MovementFold fold = new MovementFold(standings, NOW);

  @Test
  void whatLeavesAStakeIsPublishedAsWhatIsLeft() {
    apply(new ChainEvent.Staked(NODE, TokenAmount.of(100)));

    StakeChanged left = apply(new ChainEvent.Unbonding(NODE, TokenAmount.of(30)));

    assertThat(left.getStake()).isEqualTo("70");
    assertThat(standings).containsEntry(NODE, new Standing(TokenAmount.of(70), 0));
  }

  @Test
  void jailHoldsUntilItsTimeAndSurvivesOtherEvents() {
    assertThat(apply(new ChainEvent.Jailed(NODE, NOW + 1)).getJailed()).isTrue();
    assertThat(apply(new ChainEvent.Staked(NODE, TokenAmount.of(5))).getJailed()).isTrue();
    assertThat(apply(new ChainEvent.Unjailed(NODE)).getJailed()).isFalse();
    assertThat(apply(new ChainEvent.Jailed(NODE, NOW)).getJailed()).isFalse();
  }

  @Test
  void cancelledWithdrawalIsARequestForNothing() {
    Movement movement =
        fold.apply(log(), new ChainEvent.WithdrawalRequested(NODE, TokenAmount.ZERO, 0))
            .orElseThrow();

    assertThat(movement.getWithdrawalRequested().getAmount()).isEqualTo("0");
    assertThat(movement.getLogIndex()).isEqualTo(4);
  }

  @Test
  void skippedVoucherMovesNothing() {
    assertThat(
            fold.apply(
                log(),
                new ChainEvent.VoucherSkipped(NODE, NODE, 1, TokenAmount.of(1), SkipReason.STALE)))
        .isEmpty();
  }

  private StakeChanged apply(ChainEvent event) {
    return fold.apply(log(), event).orElseThrow().getStakeChanged();
  }

  private static ChainLog log() {
    return new ChainLog(9, Hash.ZERO, 4, NODE, List.of(), new byte[0], Hash.ZERO);
  }
}
