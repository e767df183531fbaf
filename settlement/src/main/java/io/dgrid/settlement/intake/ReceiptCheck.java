package io.dgrid.settlement.intake;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.ReceiptRules.Violation;
import io.dgrid.core.receipt.SignerCache;
import io.dgrid.transport.codec.ReceiptCodec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bytes from the topic → a checked receipt, or why not. Safe for threads; dominated by signature
 * recovery.
 */
final class ReceiptCheck {
  /** Far above any honest one; bounds what a record can cost. */
  static final int MAX_BYTES = 16 * 1024;

  /** A node's offers and a job's request come with each of their receipts; 4 MB at most. */
  private static final int REMEMBERED_SIGNERS = 8_192;

  private final Domain domain;
  private final SignerCache signers;

  ReceiptCheck(Domain domain) {
    this(domain, new SignerCache(REMEMBERED_SIGNERS));
  }

  ReceiptCheck(Domain domain, SignerCache signers) {
    this.domain = domain;
    this.signers = signers;
  }

  sealed interface Outcome {
    record Good(CheckedReceipt receipt) implements Outcome {}

    record Bad(String reason, String detail) implements Outcome {}
  }

  Outcome check(byte @Nullable [] record) {
    if (record == null || record.length > MAX_BYTES) {
      return new Outcome.Bad("malformed", "empty or above " + MAX_BYTES + " bytes");
    }
    IssuedReceipt issued;
    try {
      issued = ReceiptCodec.fromWire(io.dgrid.proto.receipt.v1.IssuedReceipt.parseFrom(record));
    } catch (InvalidProtocolBufferException | DGridException malformed) {
      return new Outcome.Bad("malformed", String.valueOf(malformed.getMessage()));
    }
    List<Violation> violations = ReceiptRules.violations(issued, domain, signers);
    Receipt receipt = issued.receipt().statement();
    if (!violations.isEmpty()) {
      return new Outcome.Bad(
          violations.getFirst().name().toLowerCase(java.util.Locale.ROOT),
          "node %s, job %s: %s".formatted(receipt.node(), receipt.jobId(), violations));
    }
    Address signer = signers.signer(issued.request(), domain).orElseThrow();
    return new Outcome.Good(
        new CheckedReceipt(
            receipt.hash(domain), receipt, signer, ReceiptCodec.toWire(issued).toByteArray()));
  }
}
