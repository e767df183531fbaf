package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnderwayTest {
  private final Underway underway = new Underway();
  private final List<UniEmitter<? super String>> begun = new ArrayList<>();
  private final Uni<String> call = underway.counted(Uni.createFrom().<String>emitter(begun::add));

  @Test
  void callCountsFromItsSubscriptionToItsItem() {
    assertThat(underway.count()).isZero();
    call.subscribe().with(item -> {});
    assertThat(underway.count()).isOne();
    begun.getFirst().complete("here");
    assertThat(underway.count()).isZero();
  }

  @Test
  void failureAndCancellationEndItToo() {
    call.subscribe().with(item -> {}, failure -> {});
    Cancellable impatient = call.subscribe().with(item -> {});
    assertThat(underway.count()).isEqualTo(2);
    impatient.cancel();
    assertThat(underway.count()).isOne();
    begun.getFirst().fail(new IllegalStateException("gone"));
    assertThat(underway.count()).isZero();
  }

  @Test
  void callThatCannotEvenBeginIsNotLeftCounted() {
    Uni<String> closed =
        Uni.createFrom()
            .deferred(
                () -> {
                  throw new IllegalStateException("closed");
                });
    underway.counted(closed).subscribe().with(item -> {}, failure -> {});
    assertThat(underway.count()).isZero();
  }
}
