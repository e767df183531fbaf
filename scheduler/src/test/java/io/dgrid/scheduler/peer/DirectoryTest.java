package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
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
