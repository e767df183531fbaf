package io.dgrid.edge.account;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ModelId;
import io.dgrid.edge.Database;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.proto.market.v1.GetUsageResponse;
import io.dgrid.proto.market.v1.ModelUsage;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Tuple;
import java.math.BigDecimal;

/** What a client may read about itself. */
@ApplicationScoped
class AccountViews {
  private final Database database;
  private final LedgerRepository ledger;
  private final ChannelRepository channels;

  AccountViews(Database database, LedgerRepository ledger, ChannelRepository channels) {
    this.database = database;
    this.ledger = ledger;
    this.channels = channels;
  }

  Uni<GetBalanceResponse> balance(Address client) {
    return database.inTransaction(
        session ->
            ledger
                .read(session, client)
                .chain(
                    now ->
                        channels
                            .unconfirmedAmount(session, client)
                            .map(
                                unconfirmed ->
                                    GetBalanceResponse.newBuilder()
                                        .setAvailable(now.available().toString())
                                        .setHeld(now.held().toString())
                                        .setCharged(now.charged().plus(now.settled()).toString())
                                        .setDeposited(now.deposited().toString())
                                        .setUnconfirmed(unconfirmed.toString())
                                        .build())));
  }

  Uni<GetUsageResponse> usage(Address client) {
    return database.inTransaction(
        session ->
            session
                .createNativeQuery(
                    "SELECT model_id, count(*), sum(billed_input), sum(billed_output), sum(amount)"
                        + " FROM edge.job WHERE client = :client AND finished_at > 0"
                        + " GROUP BY model_id ORDER BY model_id",
                    Tuple.class)
                .setParameter("client", client.toString())
                .getResultList()
                .map(
                    rows ->
                        GetUsageResponse.newBuilder()
                            .addAllModels(rows.stream().map(AccountViews::row).toList())
                            .build()));
  }

  private static ModelUsage row(Tuple row) {
    return ModelUsage.newBuilder()
        .setModelId(Wire.bytes(ModelId.fromHex(row.get(0, String.class))))
        .setJobs(row.get(1, Number.class).longValue())
        .setInputTokens(row.get(2, Number.class).longValue())
        .setOutputTokens(row.get(3, Number.class).longValue())
        .setAmount(row.get(4, BigDecimal.class).toBigIntegerExact().toString())
        .build();
  }
}
