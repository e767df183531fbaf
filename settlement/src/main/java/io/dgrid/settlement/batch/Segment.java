package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The bytes of a batch: {@code "DGSEG1" ‖ u32(count)}, then per receipt its 16 ABI words and its
 * signature.
 */
public record Segment(byte[] bytes, Hash commitment) {
  static final int RECEIPT_BYTES = 16 * Hash.BYTES + Signature.BYTES;

  private static final byte[] MAGIC = "DGSEG1".getBytes(StandardCharsets.US_ASCII);

  static Segment of(List<Signed<Receipt>> receipts) {
    int size = MAGIC.length + Integer.BYTES + Math.multiplyExact(receipts.size(), RECEIPT_BYTES);
    ByteBuffer out = ByteBuffer.allocate(size).put(MAGIC).putInt(receipts.size());
    for (Signed<Receipt> receipt : receipts) {
      out.put(receipt.statement().words()).put(receipt.signature().toBytes());
    }
    return new Segment(out.array(), Keccak.hash(out.array()));
  }
}
