package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DirectoryTest {
  private static final String SELF = "10.0.0.1:9100";
  private static final String OTHER = "10.0.0.2:9100";

  private final Directory directory = new Directory(SELF);
  private int changes;
  private int doubts;

  @Test
  void nobodyIsElsewhereBeforeTheCoordinatorHasAnswered() {
    assertThat(directory.elsewhere(0)).isEmpty();
  }

  @Test
  void elsewhereIsWhoeverOwnsThePartitionUnlessItIsThisInstance() {
    directory.update(new Owners(Map.of(0, SELF, 1, OTHER)));

    assertThat(directory.elsewhere(0)).isEmpty();
    assertThat(directory.elsewhere(1)).contains(OTHER);
  }

  @Test
  void memberIsSpareOnlyWhenOthersOwnEverything() {
    Set<String> both = Set.of(SELF, OTHER);

    directory.update(new Owners(Map.of(0, OTHER, 1, OTHER), both));
    assertThat(directory.isSpare(2)).isTrue();

    directory.update(new Owners(Map.of(0, OTHER), both));
    assertThat(directory.isSpare(2)).as("the other hands one over").isFalse();

    directory.update(new Owners(Map.of(0, OTHER, 1, SELF), both));
    assertThat(directory.isSpare(2)).as("it was given one").isFalse();

    directory.update(new Owners(Map.of(0, OTHER, 1, OTHER)));
    assertThat(directory.isSpare(2)).as("an answer from before it joined").isFalse();
  }

  @Test
  void othersAreInTheGroupAndOwnWhatTheCoordinatorSays() {
    directory.update(new Owners(Map.of(0, OTHER, 1, OTHER), Set.of(SELF, OTHER)));

    assertThat(directory.others()).containsExactly(OTHER);
    assertThat(directory.owns(OTHER, List.of(0, 1))).isTrue();
    assertThat(directory.owns(OTHER, List.of(1, 2))).isFalse();
    assertThat(directory.owns(SELF, List.of(1))).isFalse();
  }

  @Test
  void onlyANewAnswerIsAChange() {
    directory.onChange(() -> changes++);

    directory.update(new Owners(Map.of(0, OTHER)));
    directory.update(new Owners(Map.of(0, OTHER)));
    assertThat(changes).isOne();

    directory.update(new Owners(Map.of(1, OTHER)));
    assertThat(changes).isEqualTo(2);
    assertThat(directory.elsewhere(0)).isEmpty();
  }

  @Test
  void doubtIsPassedOnToWhoeverAsks() {
    directory.doubt();
    directory.onDoubt(() -> doubts++);

    directory.doubt();

    assertThat(doubts).isOne();
  }
}
