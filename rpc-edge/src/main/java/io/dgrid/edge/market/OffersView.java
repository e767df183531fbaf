package io.dgrid.edge.market;

import io.dgrid.core.identity.ModelId;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;

/** The books of all schedulers, at most about a second old. */
@ApplicationScoped
public class OffersView {
  private final Uni<Books> books;

  OffersView(SchedulersClient schedulers, EdgeConfig config) {
    Duration maxAge = config.admission().offersMaxAge();
    books =
        schedulers
            .askAll(stub -> stub.listOffers(ListOffersRequest.getDefaultInstance()))
            .map(Books::of)
            .memoize()
            .atLeast(maxAge);
  }

  /** Fails with UNAVAILABLE when no scheduler answers. */
  public Uni<List<StandingOffer>> all() {
    return books.map(Books::offers);
  }

  /** Never fails. */
  public Uni<Outlook> outlook(ModelId model) {
    return books.map(all -> all.outlook(model)).onFailure().recoverWithItem(Outlook.UNKNOWN);
  }
}
