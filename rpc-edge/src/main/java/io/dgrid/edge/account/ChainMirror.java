package io.dgrid.edge.account;

import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.Database;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.settlement.v1.KeyGranted;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.transport.codec.Wire;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.hibernate.reactive.mutiny.Mutiny;

/** Applies final facts of the chain to credit and grants; each once, by block and log position. */
@ApplicationScoped
class ChainMirror {
  private final Database database;
  private final LedgerRepository ledger;
  private final SpendingRepository spending;

  ChainMirror(Database database, LedgerRepository ledger, SpendingRepository spending) {
    this.database = database;
    this.ledger = ledger;
    this.spending = spending;
  }

  /** Fails with INVALID_REQUEST for a record that makes no sense. */
  Uni<Void> apply(Movement movement) {
    String reference =
        Wire.hash(movement.getBlockHash(), "block_hash")
            + ":"
            + Integer.toUnsignedString(movement.getLogIndex());
    return switch (movement.getFactCase()) {
      case DEPOSITED -> {
        var fact = movement.getDeposited();
        yield money(
            fact.getClient(),
            fact.getAmount(),
            (session, client, amount) -> ledger.deposit(session, client, reference, amount));
      }
      case WITHDRAWAL_REQUESTED -> {
        var fact = movement.getWithdrawalRequested();
        yield money(
            fact.getClient(),
            fact.getAmount(),
            (session, client, amount) ->
                ledger.requestWithdrawal(session, client, reference, amount));
      }
      case WITHDRAWN -> {
        var fact = movement.getWithdrawn();
        yield money(
            fact.getClient(),
            fact.getAmount(),
            (session, client, amount) -> ledger.withdraw(session, client, reference, amount));
      }
      case VOUCHER_SETTLED -> {
        var fact = movement.getVoucherSettled();
        yield money(
            fact.getClient(),
            fact.getPaid(),
            (session, client, amount) -> ledger.settle(session, client, reference, amount));
      }
      case KEY_GRANTED -> granted(movement.getKeyGranted());
      case KEY_REVOKED -> {
        Address client = Wire.address(movement.getKeyRevoked().getClient(), "client");
        Address key = Wire.address(movement.getKeyRevoked().getKey(), "key");
        yield database.inTransaction(
            session ->
                ledger.lock(session, client).chain(() -> spending.revoke(session, client, key)));
      }
      case STAKE_CHANGED, BATCH_SETTLED, FACT_NOT_SET -> Uni.createFrom().voidItem();
    };
  }

  private Uni<Void> granted(KeyGranted fact) {
    Address client = Wire.address(fact.getClient(), "client");
    return database.inTransaction(
        session ->
            ledger
                .lock(session, client)
                .chain(
                    () ->
                        spending.grant(
                            session,
                            client,
                            Wire.address(fact.getKey(), "key"),
                            Wire.amount(fact.getSpendCap(), "spend_cap"),
                            fact.getExpiry(),
                            Wire.hash(fact.getScope(), "scope"))));
  }

  private interface MoneyFact {
    Uni<Boolean> apply(Mutiny.Session session, Address client, TokenAmount amount);
  }

  private Uni<Void> money(com.google.protobuf.ByteString client, String amount, MoneyFact fact) {
    Address who = Wire.address(client, "client");
    TokenAmount units = Wire.amount(amount, "amount");
    return database.inTransaction(session -> fact.apply(session, who, units)).replaceWithVoid();
  }
}
