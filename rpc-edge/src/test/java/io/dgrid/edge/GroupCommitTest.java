package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.edge.GroupCommit.Item;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
  private final List<List<Integer>> groups = new ArrayList<>();
  private final List<UniEmitter<? super Void>> open = new ArrayList<>();

  private Uni<Void> held(List<Item<Integer, String>> items) {
    groups.add(items.stream().map(Item::asked).toList());
    items.forEach(item -> item.answer("done " + item.asked()));
    return Uni.createFrom().emitter(open::add);
  }

  @Test
  void whatComesWhileOneRunsGoesIntoTheNextUpToTheMost() {
    var group = new GroupCommit<Integer, String>(3, 1, this::held);
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      answers.add(group.add(i).subscribeAsCompletionStage());
    }

    assertThat(groups).containsExactly(List.of(0));
    assertThat(answers.getFirst()).as("not before the commit").isNotDone();
    open.getFirst().complete(null);
    assertThat(answers.getFirst()).isCompletedWithValue("done 0");
    assertThat(groups).containsExactly(List.of(0), List.of(1, 2, 3));
    open.get(1).complete(null);
    open.get(2).complete(null);
    assertThat(groups).last().isEqualTo(List.of(4, 5));
    assertThat(answers.get(5)).isCompletedWithValue("done 5");
  }

  @Test
  void refusalIsOneCallersOwn() {
    var group =
        new GroupCommit<Integer, String>(
            8,
            1,
            items -> {
              items.forEach(
                  item -> {
                    if (item.asked() == 1) {
                      item.refuse(new DGridException(ErrorCode.PRICE_TOO_LOW, "no"));
                    } else {
                      item.answer("yes");
                    }
                  });
              return Uni.createFrom().voidItem();
            });

    assertThat(group.add(0).await().indefinitely()).isEqualTo("yes");
    assertThatThrownBy(() -> group.add(1).await().indefinitely())
        .isInstanceOf(DGridException.class);
  }

  @Test
  void whoBreaksATransactionBreaksItForNobodyElse() {
    var group =
        new GroupCommit<Integer, String>(
            8,
            1,
            items -> {
              if (items.getFirst().asked() == 9) {
                return held(items);
              }
              if (items.stream().anyMatch(item -> item.asked() == 2)) {
                return Uni.createFrom().failure(new IllegalStateException("constraint"));
              }
              items.forEach(item -> item.answer("stored"));
              return Uni.createFrom().voidItem();
            });
    group.add(9).subscribeAsCompletionStage();
    var one = group.add(1).subscribeAsCompletionStage();
    var two = group.add(2).subscribeAsCompletionStage();
    var three = group.add(3).subscribeAsCompletionStage();

    open.getFirst().complete(null);

    assertThat(one).isCompletedWithValue("stored");
    assertThat(three).isCompletedWithValue("stored");
    assertThatThrownBy(two::join)
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("constraint");
  }

  @Test
  void outageIsToldToAllAndNotTriedAgain() {
    List<Integer> sizes = new ArrayList<>();
    var group =
        new GroupCommit<Integer, String>(
            8,
            1,
            items -> {
              if (items.getFirst().asked() == 9) {
                return held(items);
              }
              sizes.add(items.size());
              return Uni.createFrom()
                  .failure(new DGridException(ErrorCode.UNAVAILABLE, "no database"));
            });
    group.add(9).subscribeAsCompletionStage();
    var one = group.add(1).subscribeAsCompletionStage();
    var two = group.add(2).subscribeAsCompletionStage();

    open.getFirst().complete(null);

    assertThat(sizes).containsExactly(2);
    assertThat(one).isCompletedExceptionally();
    assertThat(two).isCompletedExceptionally();
  }
}
