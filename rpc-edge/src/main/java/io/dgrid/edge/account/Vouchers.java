package io.dgrid.edge.account;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.edge.Database;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.proto.receipt.v1.IssuedReceipt;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.List;
import org.hibernate.reactive.mutiny.Mutiny;

/** Clients' own vouchers: by the client or a key that may spend on every model. */
@ApplicationScoped
class Vouchers {
  private final Database database;
  private final LedgerRepository ledger;
  private final ChannelRepository channels;
  private final Domain domain;
  private final InstantSource clock;

  Vouchers(
      Database database,
      LedgerRepository ledger,
      ChannelRepository channels,
      Domain domain,
      InstantSource clock) {
    this.database = database;
    this.ledger = ledger;
    this.channels = channels;
    this.domain = domain;
    this.clock = clock;
  }

  Uni<GetChannelResponse> channel(Address client, Address node) {
    return database.inTransaction(
        session ->
            session
                .find(ChannelRow.class, new ChannelKey(client.toString(), node.toString()))
                .chain(
                    row ->
                        channels
                            .unconfirmed(session, client, node)
                            .map(
                                issued ->
                                    toWire(
                                        row == null ? ChannelRow.open(client, node) : row,
                                        issued))));
  }

  /** Fails with INVALID_SIGNATURE, REQUEST_EXPIRED or VOUCHER_STALE. */
  Uni<Hash> submit(VoucherStep step) {
    Voucher voucher = step.voucher().statement();
    Address signer =
        step.voucher().signer(domain).orElseThrow(() -> unsigned("the signature fits no key"));
    if (voucher.validBefore() >= 0 && voucher.validBefore() <= clock.millis()) {
      throw new DGridException(ErrorCode.REQUEST_EXPIRED, "voucher.valid_before has passed");
    }
    return database.inTransaction(
        session ->
            requireAuthority(session, voucher.client(), signer)
                .chain(() -> ledger.lock(session, voucher.client()))
                .chain(() -> channels.submit(session, step)));
  }

  private Uni<Void> requireAuthority(Mutiny.Session session, Address client, Address signer) {
    if (signer.equals(client)) {
      return Uni.createFrom().voidItem();
    }
    return session
        .find(KeyGrantRow.class, new ClientKey(client.toString(), signer.toString()))
        .invoke(
            grant -> {
              // The chain pays nothing that a key of one model signed.
              if (grant == null || !grant.isValid(clock.millis()) || !grant.coversEveryModel()) {
                throw unsigned(
                    "signed by %s, which may not sign vouchers of this client".formatted(signer));
              }
            })
        .replaceWithVoid();
  }

  private static DGridException unsigned(String message) {
    return new DGridException(ErrorCode.INVALID_SIGNATURE, message);
  }

  private static GetChannelResponse toWire(ChannelRow row, List<byte[]> issued) {
    try {
      GetChannelResponse.Builder response =
          GetChannelResponse.newBuilder().setChannelEpoch(row.epoch);
      if (row.newest != null) {
        response.setNewest(SignedVoucher.parseFrom(row.newest));
      }
      for (byte[] one : issued) {
        response.addUnconfirmed(IssuedReceipt.parseFrom(one));
      }
      return response.build();
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalStateException("stored channel is broken", broken);
    }
  }
}
