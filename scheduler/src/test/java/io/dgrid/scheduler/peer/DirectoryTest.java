package io.dgrid.scheduler.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.ModelId;
import io.dgrid.scheduler.fixture.Jobs;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DirectoryTest {
  private static final String SELF = "10.0.0.1:9100";
  private static final String OTHER = "10.0.0.2:9100";
  private static final ModelId ZERO = new ModelId(Jobs.hash("zero"));
  private static final ModelId ONE = new ModelId(Jobs.hash("one"));

  private final Directory directory = new Directory(SELF, model -> model.equals(ZERO) ? 0 : 1);
  private int changes;
  private int doubts;

  @Test
  void nobodyIsElsewhereBeforeTheCoordinatorHasAnswered() {
    assertThat(directory.elsewhere(ZERO)).isEmpty();
  }

  @Test
  void elsewhereIsWhoeverOwnsTheModelsPartitionUnlessItIsThisInstance() {
    directory.update(new Owners(Map.of(0, SELF, 1, OTHER)));

    assertThat(directory.elsewhere(ZERO)).isEmpty();
    assertThat(directory.elsewhere(ONE)).contains(OTHER);
  }

  @Test
  void onlyANewAnswerIsAChange() {
    directory.onChange(() -> changes++);

    directory.update(new Owners(Map.of(0, OTHER)));
    directory.update(new Owners(Map.of(0, OTHER)));
    assertThat(changes).isOne();

    directory.update(new Owners(Map.of(1, OTHER)));
    assertThat(changes).isEqualTo(2);
    assertThat(directory.elsewhere(ZERO)).isEmpty();
  }

  @Test
  void doubtIsPassedOnToWhoeverAsks() {
    directory.doubt();
    directory.onDoubt(() -> doubts++);

    directory.doubt();

    assertThat(doubts).isOne();
  }
}
