package io.dgrid.cli.proof;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The file form of a bundle: protobuf's JSON, in the one spelling that its printer gives, and
 * nothing in it that a reader could not check against signatures or the chain. So no byte can
 * change without breaking something.
 */
public final class BundleFile {
  private BundleFile() {}

  /** Leaves out what only the settlement service says: nobody else can check it. */
  public static AuditBundle provable(AuditBundle bundle) {
    AuditBundle.Builder out = bundle.toBuilder();
    for (ReceiptEvidence.Builder evidence : out.getReceiptsBuilderList()) {
      if (evidence.hasProof()) {
        evidence.getProofBuilder().clearIndex();
      }
      if (evidence.hasBatch()) {
        Batch.Builder batch = evidence.getBatchBuilder();
        batch.clearNumber().clearAmount().clearVoucherCount().clearState().clearClosedAt();
      }
    }
    return out.build();
  }

  /** The file's bytes. */
  public static byte[] print(AuditBundle bundle) {
    try {
      return (JsonFormat.printer().print(bundle) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException("a bundle holds no Any", impossible);
    }
  }

  /** The bundle; empty unless the bytes are exactly what {@link #print} gives for it. */
  public static Optional<AuditBundle> parse(byte[] file) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
      AuditBundle.Builder bundle = AuditBundle.newBuilder();
      JsonFormat.parser().merge(text, bundle);
      AuditBundle parsed = bundle.build();
      boolean canonical = Arrays.equals(file, print(parsed)) && parsed.equals(provable(parsed));
      return canonical ? Optional.of(parsed) : Optional.empty();
    } catch (InvalidProtocolBufferException | CharacterCodingException malformed) {
      return Optional.empty();
    } catch (RuntimeException malformed) {
      // The JSON parser lets some number and nesting errors through as unchecked exceptions.
      return Optional.empty();
    }
  }
}
