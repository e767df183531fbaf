package io.dgrid.edge.market;

import io.dgrid.core.identity.ModelId;
import io.dgrid.core.receipt.Offer;
import io.dgrid.edge.Columns;
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

  /** Keeps the prices of granted attempts, each once. */
  public Uni<Void> record(List<JobTransition> granted) {
    List<Offer> offers =
        granted.stream()
            .map(one -> OfferCodec.fromWire(one.getGranted().getOffer().getOffer()))
            .toList();
    return database
        .query(
            """
            INSERT INTO edge.price_point (job_id, attempt, at, model_id, input_price, output_price)
            SELECT v.job_id, v.attempt, v.at, v.model_id, v.input::numeric, v.output::numeric
            FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[])
              AS v (job_id, attempt, at, model_id, input, output)
            ON CONFLICT DO NOTHING""",
            io.vertx.mutiny.sqlclient.Tuple.tuple()
                .addValue(Columns.texts(granted, g -> Wire.jobId(g.getJobId()).toString()))
                .addValue(Columns.ints(granted, g -> g.getGranted().getAttempt()))
                .addValue(Columns.longs(granted, JobTransition::getAt))
                .addValue(Columns.texts(offers, o -> o.modelId().toString()))
                .addValue(Columns.texts(offers, o -> o.inputPrice().unitsPerMillion().toString()))
                .addValue(Columns.texts(offers, o -> o.outputPrice().unitsPerMillion().toString())))
        .replaceWithVoid();
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
