package io.dgrid.settlement.ledger;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.function.Function;
import org.hibernate.reactive.mutiny.Mutiny;

/** Units of work with Hibernate's session, which Panache keeps on the caller's context. */
final class Sessions {
  private Sessions() {}

  /** All or nothing; entities are written at the end. */
  static <T> Uni<T> inTransaction(Function<Mutiny.Session, Uni<? extends T>> work) {
    return Panache.withTransaction(() -> Panache.getSession().flatMap(work));
  }

  static <T> Uni<T> read(Function<Mutiny.Session, Uni<? extends T>> query) {
    return Panache.withSession(() -> Panache.getSession().flatMap(query));
  }
}
