package io.dgrid.edge.market;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.market.LastView.Told;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The books of all schedulers, as each told them last: it is asked anew when they are about a
 * second old, and while it does not answer, its last word counts for some seconds. So neither a
 * scheduler that restarts nor one that is slow is waited for by who only wants to be let in.
 */
@ApplicationScoped
public class OffersView {
  private final List<Source> sources;

  /** Of the newest views that somebody looked at. */
  private volatile @Nullable Books known;

  @Inject
  OffersView(SchedulersClient schedulers, EdgeConfig config, InstantSource clock) {
    this(
        schedulers.askEach(stub -> stub.listOffers(ListOffersRequest.getDefaultInstance())),
        config.admission().offersMaxAge(),
        config.admission().offersKept(),
        clock);
  }

  /**
   * @param schedulers each asks one of them when it is subscribed to
   */
  OffersView(
      List<Uni<ListOffersResponse>> schedulers,
      Duration maxAge,
      Duration kept,
      InstantSource clock) {
    sources =
        schedulers.stream()
            .map(ask -> new Source(ask, new LastView<>(maxAge, kept, clock)))
            .toList();
  }

  /** Waits for who is to be asked anew. Fails with UNAVAILABLE when nobody's offers are known. */
  public Uni<List<StandingOffer>> all() {
    return Uni.createFrom()
        .deferred(() -> answered(refresh()))
        .map(done -> known().map(Books::offers).orElseThrow(OffersView::nobody));
  }

  /**
   * What a job may expect; never fails.
   *
   * @param most what is to be paid at most: only when the known offers ask for more, or none are
   *     known at all, are schedulers waited for
   */
  public Uni<Outlook> outlook(ModelId model, Price most) {
    return Uni.createFrom()
        .deferred(
            () -> {
              List<Uni<Void>> asked = refresh();
              boolean isKnown = known().isPresent();
              Outlook outlook = outlook(model);
              boolean letsIn =
                  outlook.cheapest().filter(price -> price.compareTo(most) > 0).isEmpty();
              return isKnown && letsIn
                  ? Uni.createFrom().item(outlook)
                  : answered(asked).map(done -> outlook(model));
            });
  }

  private Outlook outlook(ModelId model) {
    return known().map(books -> books.outlook(model)).orElse(Outlook.UNKNOWN);
  }

  /** Asks who is to be asked; of each, what completes when its answer is not awaited any more. */
  private List<Uni<Void>> refresh() {
    return sources.stream().map(Source::refresh).toList();
  }

  private static Uni<Void> answered(List<Uni<Void>> asked) {
    return asked.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(asked).andFailFast().replaceWithVoid();
  }

  /** Empty when no scheduler's offers are known. */
  private Optional<Books> known() {
    List<Told<ListOffersResponse>> views =
        sources.stream().flatMap(source -> source.view.get().stream()).toList();
    if (views.isEmpty()) {
      return Optional.empty();
    }
    Books now = known;
    if (now == null || !now.areOf(views)) {
      now = new Books(views);
      known = now;
    }
    return Optional.of(now);
  }

  private static DGridException nobody() {
    return new DGridException(ErrorCode.UNAVAILABLE, "no scheduler answers");
  }

  /** One scheduler. */
  private static final class Source {
    private final Uni<ListOffersResponse> ask;
    private final LastView<ListOffersResponse> view;
    private Uni<Void> refreshed = Uni.createFrom().voidItem();

    private Source(Uni<ListOffersResponse> ask, LastView<ListOffersResponse> view) {
      this.ask = ask;
      this.view = view;
    }

    /** Asks if it is time to; never fails. */
    private synchronized Uni<Void> refresh() {
      if (view.isToBeAsked()) {
        refreshed =
            ask.invoke(view::told)
                .onFailure()
                .invoke(view::silent)
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid()
                .memoize()
                .indefinitely();
        refreshed.subscribe().with(done -> {});
      }
      return refreshed;
    }
  }
}
