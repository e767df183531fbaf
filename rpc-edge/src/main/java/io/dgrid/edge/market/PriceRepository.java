package io.dgrid.edge.market;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.Offer;
import io.dgrid.edge.Database;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.market.v1.PricePoint;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** Prices at which jobs were won. */
@ApplicationScoped
public class PriceRepository {
  private final Database database;

  PriceRepository(Database database) {
    this.database = database;
  }

  /** Keeps the price of a granted attempt, once. */
  public Uni<Void> record(JobTransition granted) {
    Offer offer = OfferCodec.fromWire(granted.getGranted().getOffer().getOffer());
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "INSERT INTO edge.price_point"
                        + " (job_id, attempt, at, model_id, input_price, output_price)"
                        + " VALUES (:job, :attempt, :at, :model, :input, :output)"
                        + " ON CONFLICT DO NOTHING")
                .setParameter("job", Wire.jobId(granted.getJobId()).toString())
                .setParameter("attempt", granted.getGranted().getAttempt())
                .setParameter("at", granted.getAt())
                .setParameter("model", offer.modelId().toString())
                .setParameter("input", new BigDecimal(offer.inputPrice().unitsPerMillion()))
                .setParameter("output", new BigDecimal(offer.outputPrice().unitsPerMillion()))
                .executeUpdate()
                .replaceWithVoid());
  }

  /** Newest first. */
  Uni<List<PricePoint>> history(Optional<ModelId> model, int limit) {
    String filter = model.isPresent() ? " WHERE model_id = :model" : "";
    return database.inTransaction(
        session -> {
          var query =
              session.createNativeQuery(
                  "SELECT at, model_id, input_price, output_price FROM edge.price_point"
                      + filter
                      + " ORDER BY at DESC LIMIT "
                      + limit,
                  Tuple.class);
          model.ifPresent(id -> query.setParameter("model", id.toString()));
          return query
              .getResultList()
              .map(rows -> rows.stream().map(PriceRepository::point).toList());
        });
  }

  private static PricePoint point(Tuple row) {
    return PricePoint.newBuilder()
        .setAt(row.get(0, Long.class))
        .setModelId(Wire.bytes(ModelId.fromHex(row.get(1, String.class))))
        .setInputPrice(row.get(2, BigDecimal.class).toBigIntegerExact().toString())
        .setOutputPrice(row.get(3, BigDecimal.class).toBigIntegerExact().toString())
        .build();
  }
}
