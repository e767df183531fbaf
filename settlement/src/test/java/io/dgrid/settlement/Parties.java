package io.dgrid.settlement;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.nio.ByteBuffer;
import java.util.List;

/** One client and one node that work together honestly, over one channel. */
public final class Parties {
  private static final long FAR = 4_000_000_000_000L;
  private static final long STARTED = 1_700_000_000_000L;
  private static final ModelId MODEL = new ModelId(hash(7));

  public final SigningKey client = SigningKey.random();
  public final SigningKey node = SigningKey.random();
  private final Domain domain;
  private final Offer offer;
  private final Signed<Offer> signedOffer;
  private long nonce;
  private Hash root = Hash.ZERO;
  private TokenAmount cumulative = TokenAmount.ZERO;
  private long count;

  public Parties(Domain domain) {
    this.domain = domain;
    // 10^12 units a token: one receipt of 10 + 20 tokens costs 30 · 10^12 units.
    Price price = new Price(TokenAmount.tokens(1).units());
    this.offer = new Offer(node.address(), MODEL, price, price, 4, FAR);
    this.signedOffer = Signed.by(node, domain, offer);
  }

  /** A receipt for a new job of 10 input and 20 output tokens. */
  public IssuedReceipt receipt() {
    return receipt(client);
  }

  public IssuedReceipt receipt(Signer requestSigner) {
    JobRequest request =
        new JobRequest(
            client.address(), MODEL, hash(1), hash(2), offer.outputPrice(), 20, ++nonce, FAR);
    Receipt receipt =
        new Receipt(
            request.jobId(domain),
            1,
            client.address(),
            node.address(),
            MODEL,
            request.structHash(),
            hash(3),
            hash(4),
            0,
            10,
            20,
            offer.pricing().bill(10, 20),
            STARTED,
            STARTED + 5,
            FinishReason.STOP,
            Hash.ZERO);
    return new IssuedReceipt(
        Signed.by(node, domain, receipt), signedOffer, Signed.by(requestSigner, domain, request));
  }

  /** The client's next voucher, over exactly these receipts. */
  public VoucherStep voucher(List<IssuedReceipt> receipts) {
    return voucher(client, receipts);
  }

  public VoucherStep voucher(Signer signer, List<IssuedReceipt> receipts) {
    Hash before = root;
    for (IssuedReceipt receipt : receipts) {
      root = Voucher.extend(root, hash(receipt));
      cumulative = cumulative.plus(receipt.receipt().statement().amount());
      count++;
    }
    Voucher voucher =
        new Voucher(client.address(), node.address(), 1, cumulative, count, root, FAR);
    return new VoucherStep(
        Signed.by(signer, domain, voucher), receipts.stream().map(this::hash).toList(), before);
  }

  public ReceiptHash hash(IssuedReceipt receipt) {
    return receipt.receipt().statement().hash(domain);
  }

  public static JobId job(IssuedReceipt receipt) {
    return receipt.receipt().statement().jobId();
  }

  public static Hash hash(long seed) {
    return Keccak.hash(ByteBuffer.allocate(8).putLong(seed).array());
  }
}
