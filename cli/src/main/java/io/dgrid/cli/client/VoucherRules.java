package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The next voucher of a channel. Pure: it never signs on top of what the client did not allow. */
public final class VoucherRules {
  private VoucherRules() {}

  /**
   * Extends a channel by receipts, in their order.
   *
   * @param epoch the channel's epoch
   * @param newest as the edge shows it
   * @param trusted who may have signed {@code newest}: the client and keys it granted
   * @param receipts checked before, all of this client and node, at least one
   * @param validBefore Unix milliseconds
   * @throws DGridException INVALID_SIGNATURE when {@code newest} is not the client's
   */
  public static VoucherStep next(
      Signer client,
      Address node,
      long epoch,
      Optional<VoucherStep> newest,
      Set<Address> trusted,
      List<Receipt> receipts,
      long validBefore,
      Domain domain) {
    newest.ifPresent(step -> requireOwn(step, client.address(), node, epoch, trusted, domain));
    Optional<Voucher> before = newest.map(step -> step.voucher().statement());
    Hash previousRoot = before.map(Voucher::receiptsRoot).orElse(Hash.ZERO);
    TokenAmount total = before.map(Voucher::cumulativeAmount).orElse(TokenAmount.ZERO);
    Hash root = previousRoot;
    List<ReceiptHash> hashes = new ArrayList<>();
    for (Receipt receipt : receipts) {
      if (!receipt.node().equals(node) || !receipt.client().equals(client.address())) {
        throw new IllegalArgumentException("a receipt of another channel");
      }
      ReceiptHash hash = receipt.hash(domain);
      hashes.add(hash);
      root = Voucher.extend(root, hash);
      total = total.plus(receipt.amount());
    }
    Voucher voucher =
        new Voucher(
            client.address(),
            node,
            epoch,
            total,
            before.map(Voucher::receiptCount).orElse(0L) + receipts.size(),
            root,
            validBefore);
    return new VoucherStep(Signed.by(client, domain, voucher), hashes, previousRoot);
  }

  private static void requireOwn(
      VoucherStep newest,
      Address client,
      Address node,
      long epoch,
      Set<Address> trusted,
      Domain domain) {
    Voucher voucher = newest.voucher().statement();
    boolean own =
        voucher.client().equals(client)
            && voucher.node().equals(node)
            && voucher.channelEpoch() == epoch
            && newest.voucher().signer(domain).filter(trusted::contains).isPresent();
    if (!own) {
      throw new DGridException(
          ErrorCode.INVALID_SIGNATURE,
          "the edge shows a voucher for node " + node + " that this client did not sign");
    }
  }
}
