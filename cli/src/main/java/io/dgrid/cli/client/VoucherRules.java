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

/** The next voucher of a channel. Pure: it never signs on top of what the client did not allow. */
public final class VoucherRules {
  private VoucherRules() {}

  /**
   * Extends a channel by receipts, in their order.
   *
   * @param epoch the channel's epoch
   * @param newest as the edge shows it
   * @param allowance of the session key that signed {@code newest}; not needed when the client did
   * @param receipts checked before, all of this client and node, at least one
   * @param validBefore Unix milliseconds
   * @throws DGridException INVALID_SIGNATURE when {@code newest} is not the client's or such a
   *     key's, SPEND_CAP_REACHED when its total is above what the chain lets the key spend
   */
  public static VoucherStep next(
      Signer client,
      Address node,
      long epoch,
      Optional<VoucherStep> newest,
      Optional<KeyAllowance> allowance,
      List<Receipt> receipts,
      long validBefore,
      Domain domain) {
    newest.ifPresent(step -> requireOwn(step, client.address(), node, epoch, allowance, domain));
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
      Optional<KeyAllowance> allowance,
      Domain domain) {
    Voucher voucher = newest.voucher().statement();
    boolean ofChannel =
        voucher.client().equals(client)
            && voucher.node().equals(node)
            && voucher.channelEpoch() == epoch;
    Optional<Address> signer = newest.voucher().signer(domain);
    if (ofChannel && signer.filter(client::equals).isPresent()) {
      return;
    }
    KeyAllowance allowed =
        allowance
            .filter(key -> ofChannel && signer.filter(key.key()::equals).isPresent())
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.INVALID_SIGNATURE,
                        "the edge shows a voucher for node %s that neither this client nor a key it granted signed"
                            .formatted(node)));
    // Whoever signs on top of a total makes all of it its own, and no cap bounds a client.
    TokenAmount most = allowed.settled().plus(allowed.remaining());
    if (voucher.cumulativeAmount().compareTo(most) > 0) {
      throw new DGridException(
          ErrorCode.SPEND_CAP_REACHED,
          "key %s signed a total of %s to node %s; the chain has paid %s and lets the key spend %s more"
              .formatted(
                  allowed.key(),
                  voucher.cumulativeAmount().display(),
                  node,
                  allowed.settled().display(),
                  allowed.remaining().display()));
    }
  }
}
