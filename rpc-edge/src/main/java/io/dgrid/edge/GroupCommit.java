package io.dgrid.edge;

import io.dgrid.core.error.DGridException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Does what many callers ask for in one transaction: what comes while one runs goes into the next.
 * Callers are answered after the commit. A transaction that fails for another reason than an outage
 * is tried again for each caller alone, so that nobody pays for his neighbour. How many wait is
 * bounded by who asks.
 *
 * @param <T> what is asked for
 * @param <R> the answer
 */
public final class GroupCommit<T, R> {
  private final int most;
  private final int atOnce;
  private final Function<List<Item<T, R>>, Uni<Void>> transaction;
  private final Queue<Item<T, R>> waiting = new ArrayDeque<>();
  private int running;

  /** One caller's wish and, once decided, the answer to it. */
  public static final class Item<T, R> {
    private final T asked;
    private final UniEmitter<? super R> caller;
    private @Nullable R answer;
    private @Nullable Throwable refusal;

    private Item(T asked, UniEmitter<? super R> caller) {
      this.asked = asked;
      this.caller = caller;
    }

    public T asked() {
      return asked;
    }

    public void answer(R given) {
      answer = given;
      refusal = null;
    }

    public void refuse(Throwable why) {
      refusal = why;
    }

    private void tell() {
      if (refusal != null) {
        caller.fail(refusal);
      } else if (answer != null) {
        caller.complete(answer);
      } else {
        caller.fail(new IllegalStateException("no decision was made on " + asked));
      }
    }
  }

  /**
   * @param most items of one transaction
   * @param atOnce transactions at once
   * @param transaction decides each item and writes what follows; committed when it completes
   */
  public GroupCommit(int most, int atOnce, Function<List<Item<T, R>>, Uni<Void>> transaction) {
    this.most = most;
    this.atOnce = atOnce;
    this.transaction = transaction;
  }

  /** Joins the next transaction. */
  public Uni<R> add(T asked) {
    return Uni.createFrom()
        .emitter(
            caller -> {
              synchronized (this) {
                waiting.add(new Item<>(asked, caller));
              }
              startNext();
            });
  }

  private void startNext() {
    List<Item<T, R>> group = new ArrayList<>();
    synchronized (this) {
      if (running >= atOnce || waiting.isEmpty()) {
        return;
      }
      running++;
      while (group.size() < most && !waiting.isEmpty()) {
        group.add(waiting.remove());
      }
    }
    commit(group)
        .onTermination()
        .invoke(this::over)
        .subscribe()
        .with(done -> {}, bug -> group.forEach(item -> item.caller.fail(bug)));
  }

  private void over() {
    synchronized (this) {
      running--;
    }
    startNext();
  }

  private Uni<Void> commit(List<Item<T, R>> group) {
    return Uni.createFrom()
        .deferred(() -> transaction.apply(group))
        .onItemOrFailure()
        .transformToUni(
            (committed, failure) -> {
              if (failure == null) {
                group.forEach(Item::tell);
              } else if (group.size() > 1 && !isOutage(failure)) {
                return eachAlone(group);
              } else {
                group.forEach(item -> item.caller.fail(failure));
              }
              return Uni.createFrom().voidItem();
            });
  }

  private Uni<Void> eachAlone(List<Item<T, R>> group) {
    return Multi.createFrom()
        .iterable(group)
        .onItem()
        .transformToUniAndConcatenate(item -> commit(List.of(item)))
        .collect()
        .last()
        .replaceWithVoid();
  }

  private static boolean isOutage(Throwable failure) {
    return failure instanceof DGridException coded && coded.retryable();
  }
}
