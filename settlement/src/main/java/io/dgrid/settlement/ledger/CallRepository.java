package io.dgrid.settlement.ledger;

import io.dgrid.settlement.batch.Channel;
import io.dgrid.settlement.batch.DueVoucher;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hibernate.LockMode;
import org.hibernate.reactive.mutiny.Mutiny;

/** Changes of the outbox: which vouchers a call carries, and how far it came. */
@ApplicationScoped
public class CallRepository {
  /**
   * A call carries the newest voucher that a channel has by now, and no other call can take it: the
   * row says so from here on.
   */
  static final String CLAIM =
      """
      with due as (
        select c.client, c.node, c.channel_epoch
        from settlement.channel c
        join unnest(string_to_array(:clients, ','), string_to_array(:nodes, ','),
                    cast(string_to_array(:epochs, ',') as bigint[])) as k(client, node, epoch)
          on c.client = decode(k.client, 'hex') and c.node = decode(k.node, 'hex')
             and c.channel_epoch = k.epoch
        where c.cumulative > c.sent
        order by c.client, c.node, c.channel_epoch for update of c),
      claimed as (
        update settlement.channel c set sent = c.cumulative
        from due
        where c.client = due.client and c.node = due.node and c.channel_epoch = due.channel_epoch
        returning c.newest)
      insert into settlement.outbox_voucher (outbox_id, position, voucher_id)
      select cast(:outbox as bigint), cast(row_number() over (order by newest) - 1 as integer), newest
      from claimed
      """;

  /** A channel that has a newer voucher by now is due anyway. */
  static final String GIVE_BACK =
      """
      with given as (
        select c.client, c.node, c.channel_epoch
        from settlement.channel c
        join settlement.outbox_voucher w on w.voucher_id = c.newest and w.outbox_id = :outbox
        order by c.client, c.node, c.channel_epoch for update of c)
      update settlement.channel c set sent = c.settled, retry_at = :retryAt
      from given
      where c.client = given.client and c.node = given.node
        and c.channel_epoch = given.channel_epoch
      """;

  /**
   * Opens a call for vouchers alone.
   *
   * @return how many it carries: those that no other call took meanwhile; 0: there is no call
   */
  public Uni<Integer> open(List<DueVoucher> vouchers, long chainId, byte[] sender) {
    return Sessions.inTransaction(session -> open(session, vouchers, chainId, sender));
  }

  private static Uni<Integer> open(
      Mutiny.Session session, List<DueVoucher> vouchers, long chainId, byte[] sender) {
    OutboxEntity call = new OutboxEntity();
    call.chainId = chainId;
    call.sender = sender;
    return session
        .persist(call)
        .chain(session::flush)
        .chain(() -> claim(session, call, vouchers))
        .call(claimed -> claimed > 0 ? Uni.createFrom().voidItem() : session.remove(call));
  }

  /** Part of the caller's transaction; answers how many vouchers the call carries. */
  static Uni<Integer> claim(Mutiny.Session session, OutboxEntity call, List<DueVoucher> vouchers) {
    if (vouchers.isEmpty()) {
      return Uni.createFrom().item(0);
    }
    HexFormat hex = HexFormat.of();
    return session
        .createNativeQuery(CLAIM)
        .setParameter("outbox", call.id)
        .setParameter("clients", join(vouchers, c -> hex.formatHex(c.client().toBytes())))
        .setParameter("nodes", join(vouchers, c -> hex.formatHex(c.node().toBytes())))
        .setParameter("epochs", join(vouchers, c -> Long.toString(c.epoch())))
        .executeUpdate();
  }

  private static String join(Collection<DueVoucher> vouchers, Function<Channel, String> column) {
    return vouchers.stream().map(v -> column.apply(v.channel())).collect(Collectors.joining(","));
  }

  /** Keeps a signed transaction; must be durable before it is sent. */
  public Uni<Void> signed(long outbox, SignedCall call) {
    return change(outbox, entry -> entry.signed(call), batch -> batch.sent(call.hash().toBytes()));
  }

  /** A node took the transaction. */
  public Uni<Void> broadcast(long outbox, long now) {
    return change(outbox, entry -> entry.broadcastAt = now, batch -> {});
  }

  /** The signed transaction can no longer be mined; the call needs a new one. */
  public Uni<Void> unsigned(long outbox, String why) {
    return change(outbox, entry -> entry.unsigned(why), batch -> {});
  }

  /** The call cannot be made now; only noted. */
  public Uni<Void> failed(long outbox, String why) {
    return change(outbox, entry -> entry.failure = why, batch -> {});
  }

  /** The contract refuses the call for good. */
  public Uni<Void> rejected(long outbox, String why) {
    return change(outbox, entry -> entry.ended(why), BatchEntity::rejected);
  }

  /**
   * A call for vouchers alone would move nothing now. Its vouchers are due again later.
   *
   * @param retryAt Unix milliseconds
   */
  public Uni<Void> givenBack(long outbox, String why, long retryAt) {
    return Sessions.inTransaction(
        session ->
            session
                .createNativeQuery(GIVE_BACK)
                .setParameter("outbox", outbox)
                .setParameter("retryAt", retryAt)
                .executeUpdate()
                .chain(() -> session.find(OutboxEntity.class, outbox))
                .invoke(entry -> entry.ended(why))
                .replaceWithVoid());
  }

  private static Uni<Void> change(
      long outbox, Consumer<OutboxEntity> callMove, Consumer<BatchEntity> batchMove) {
    return Sessions.inTransaction(
        session ->
            session
                .find(OutboxEntity.class, outbox)
                .call(call -> move(session, call, batchMove))
                .invoke(callMove)
                .replaceWithVoid());
  }

  /** Locked before its call, which was read only so far: the follower locks in this order too. */
  private static Uni<Void> move(
      Mutiny.Session session, OutboxEntity call, Consumer<BatchEntity> batchMove) {
    return call.batchNumber == null
        ? Uni.createFrom().voidItem()
        : session
            .find(BatchEntity.class, call.batchNumber, LockMode.PESSIMISTIC_WRITE)
            .invoke(batchMove)
            .replaceWithVoid();
  }
}
