package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.GetSegmentPartResponse;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a batch's bytes part by part, with one part in memory at a time, and believes none of them
 * before the whole hashes to what the batch commits to.
 */
public final class SegmentReader {
  /** {@code "DGSEG1" ‖ u32(count)}. */
  static final int HEADER_BYTES = 10;

  /** A receipt's 16 words and its signature. */
  static final int RECEIPT_BYTES = 16 * Hash.BYTES + 65;

  private final Source source;

  /** Where parts come from. */
  @FunctionalInterface
  public interface Source {
    /** Bytes from the offset on, at least one before the end. */
    GetSegmentPartResponse part(Hash commitment, long offset);
  }

  public SegmentReader(Source source) {
    this.source = source;
  }

  /**
   * Copies the segment of a batch; what was written counts only when the check is good.
   *
   * @param name of the check
   */
  public Check copy(String name, Batch batch, OutputStream to) throws IOException {
    Hash commitment = Wire.hash(batch.getDataCommitment(), "data_commitment");
    long size = HEADER_BYTES + Integer.toUnsignedLong(batch.getReceiptCount()) * RECEIPT_BYTES;
    Keccak.Running hash = new Keccak.Running();
    long at = 0;
    while (at < size) {
      GetSegmentPartResponse part = source.part(commitment, at);
      byte[] bytes = part.getSegment().toByteArray();
      if (part.getSize() != size || bytes.length == 0 || bytes.length > size - at) {
        return new Check(
            name,
            BROKEN,
            "%d bytes at %d of %d; %d receipts have %d"
                .formatted(bytes.length, at, part.getSize(), batch.getReceiptCount(), size));
      }
      hash.add(bytes);
      to.write(bytes);
      at += bytes.length;
    }
    return hash.end().equals(commitment)
        ? new Check(name, GOOD, size + " bytes hash to " + commitment)
        : new Check(name, BROKEN, "the bytes do not hash to " + commitment);
  }

  /** One check for each receipt that is in a batch. */
  public List<Check> check(AuditBundle bundle) {
    List<Check> checks = new ArrayList<>();
    for (int i = 0; i < bundle.getReceiptsCount(); i++) {
      ReceiptEvidence evidence = bundle.getReceipts(i);
      if (evidence.hasBatch() && evidence.hasProof()) {
        checks.add(check("receipt " + (i + 1) + " segment", evidence));
      }
    }
    return checks;
  }

  private Check check(String name, ReceiptEvidence evidence) {
    try {
      return check(
          name,
          evidence.getBatch(),
          evidence.getProof().getIndex(),
          ReceiptCodec.fromWire(evidence.getReceipt()).receipt());
    } catch (DGridException absent) {
      if (absent.code() == ErrorCode.NOT_FOUND) {
        return new Check(name, BROKEN, "the edge's network does not have the bytes");
      }
      throw absent;
    }
  }

  /**
   * Whether the segment is what the batch commits to and has the receipt at its place, bit by bit.
   *
   * @param name of the check
   * @param index of the receipt, from 0
   */
  Check check(String name, Batch batch, int index, Signed<Receipt> receipt) {
    ByteBuffer wanted =
        ByteBuffer.allocate(RECEIPT_BYTES)
            .put(receipt.statement().words())
            .put(receipt.signature().toBytes());
    Window window = new Window(HEADER_BYTES + Integer.toUnsignedLong(index) * RECEIPT_BYTES);
    Check whole;
    try {
      whole = copy(name, batch, window);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return whole.result() != GOOD || Arrays.equals(window.bytes, wanted.array())
        ? whole
        : new Check(name, BROKEN, "another receipt stands at place " + index);
  }

  /** Keeps the bytes of one receipt and drops all others. */
  private static final class Window extends OutputStream {
    private final byte[] bytes = new byte[RECEIPT_BYTES];
    private final long from;
    private long at;

    Window(long from) {
      this.from = from;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] part, int offset, int length) {
      long first = Math.max(at, from);
      long end = Math.min(at + length, from + bytes.length);
      if (first < end) {
        System.arraycopy(
            part, offset + (int) (first - at), bytes, (int) (first - from), (int) (end - first));
      }
      at += length;
    }
  }
}
