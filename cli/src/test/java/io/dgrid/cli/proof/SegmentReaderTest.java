package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.GetSegmentPartResponse;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SegmentReaderTest {
  private final List<Signed<Receipt>> receipts =
      new BundleFixture()
          .bundle().getReceiptsList().stream()
              .map(ReceiptEvidence::getReceipt)
              .map(wire -> ReceiptCodec.fromWire(wire).receipt())
              .toList();
  private final byte[] segment = segment(receipts);
  private final Batch batch =
      Batch.newBuilder()
          .setDataCommitment(Wire.bytes(Keccak.hash(segment)))
          .setReceiptCount(receipts.size())
          .build();
  private final List<Long> asked = new ArrayList<>();

  @Test
  void anyPartsGiveTheWhole() throws IOException {
    for (int part : new int[] {1, 7, 576, 577, 578, segment.length, segment.length + 1}) {
      var whole = new ByteArrayOutputStream();
      Check check = reader(part, segment).copy("bytes", batch, whole);
      assertThat(check.result()).as("parts of %d", part).isEqualTo(GOOD);
      assertThat(whole.toByteArray()).isEqualTo(segment);
    }
  }

  @Test
  void everyReceiptIsFoundAtItsPlaceAndAtNoOther() {
    for (int part : new int[] {100, segment.length}) {
      SegmentReader reader = reader(part, segment);
      for (int i = 0; i < receipts.size(); i++) {
        for (int place = 0; place <= receipts.size(); place++) {
          assertThat(reader.check("place", batch, place, receipts.get(i)).result())
              .as("receipt %d at %d", i, place)
              .isEqualTo(place == i ? GOOD : BROKEN);
        }
      }
    }
  }

  @Test
  void oneChangedBitAnywhereIsSeen() {
    for (int at = 0; at < segment.length; at += 61) {
      byte[] changed = segment.clone();
      changed[at] ^= 1;
      assertThat(reader(1000, changed).check("bit", batch, 0, receipts.getFirst()).result())
          .as("byte %d", at)
          .isEqualTo(BROKEN);
    }
  }

  @Test
  void shorterLongerAndEndlessAnswersStopAtOnce() throws IOException {
    byte[] shorter = Arrays.copyOf(segment, segment.length - 1);
    byte[] longer = Arrays.copyOf(segment, segment.length + 1);
    for (byte[] lie : List.of(shorter, longer, new byte[0])) {
      asked.clear();
      var written = new ByteArrayOutputStream();
      assertThat(reader(100, lie).copy("lie", batch, written).result()).isEqualTo(BROKEN);
      assertThat(asked).hasSize(1);
      assertThat(written.size()).isZero();
    }
    SegmentReader silent = new SegmentReader((commitment, offset) -> response(segment, 0, 0));
    assertThat(silent.copy("silent", batch, new ByteArrayOutputStream()).result())
        .isEqualTo(BROKEN);
    // More bytes than are left would be kept by whoever copies.
    SegmentReader generous =
        new SegmentReader((commitment, offset) -> response(segment, 0, segment.length));
    SegmentReader repeats =
        new SegmentReader((commitment, offset) -> response(segment, 0, segment.length - 1));
    assertThat(generous.copy("generous", batch, new ByteArrayOutputStream()).result())
        .isEqualTo(GOOD);
    assertThat(repeats.copy("repeats", batch, new ByteArrayOutputStream()).result())
        .isEqualTo(BROKEN);
  }

  @Test
  void bytesThatNobodyHasAreABrokenPromise() {
    SegmentReader empty =
        new SegmentReader(
            (commitment, offset) -> {
              throw new DGridException(ErrorCode.NOT_FOUND, "no segment " + commitment);
            });
    assertThat(empty.check(new BundleFixture().bundle()))
        .hasSize(receipts.size())
        .allMatch(check -> check.result() == BROKEN);
  }

  private SegmentReader reader(int part, byte[] held) {
    return new SegmentReader(
        (Hash commitment, long offset) -> {
          asked.add(offset);
          return response(held, (int) offset, Math.min(part, held.length - (int) offset));
        });
  }

  private static GetSegmentPartResponse response(byte[] held, int offset, int length) {
    return GetSegmentPartResponse.newBuilder()
        .setSegment(ByteString.copyFrom(held, offset, length))
        .setSize(held.length)
        .build();
  }

  /** As docs/protocol.md says. */
  private static byte[] segment(List<Signed<Receipt>> receipts) {
    ByteBuffer out =
        ByteBuffer.allocate(10 + receipts.size() * 577)
            .put("DGSEG1".getBytes(StandardCharsets.US_ASCII))
            .putInt(receipts.size());
    receipts.forEach(r -> out.put(r.statement().words()).put(r.signature().toBytes()));
    return out.array();
  }
}
