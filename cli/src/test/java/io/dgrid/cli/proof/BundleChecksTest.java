package io.dgrid.cli.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.dgrid.cli.proof.Check.Result;
import io.dgrid.core.identity.Address;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.BatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BundleChecksTest {
  private final BundleFixture fixture = new BundleFixture();
  private final FakeChain chain = fixture.chain();
  private final AuditBundle bundle = BundleFile.provable(fixture.bundle());
  private final byte[] file = BundleFile.print(bundle);

  @Test
  void honestBundlePassesEveryCheck() {
    List<Check> checks = check(file);
    assertThat(checks).allMatch(c -> c.result() == Result.GOOD);
    assertThat(checks)
        .extracting(Check::name)
        .contains(
            "file",
            "version",
            "chain",
            "settlement contract",
            "registry contract",
            "receipt 1 job id",
            "receipt 1 request signature",
            "receipt 1 offer signature",
            "receipt 1 receipt signature",
            "receipt 1 receipt rules",
            "receipt 1 verdict signature",
            "receipt 1 verdict",
            "receipt 1 verifier's report",
            "receipt 2 voucher signature",
            "receipt 2 voucher hash chain",
            "receipt 2 payment",
            "receipt 2 inclusion proof",
            "receipt 2 root on chain",
            "receipt 2 batch transaction",
            "receipt 2 batch payments",
            "receipt 2 block",
            "answer");
  }

  @Test
  void noByteOfTheFileCanChange() {
    for (int at = 0; at < file.length; at++) {
      byte[] changed = file.clone();
      changed[at] ^= (byte) (1 << (at % 8));
      assertThat(check(changed))
          .as("byte %d: %s", at, (char) file[at])
          .anyMatch(c -> c.result() == Result.BROKEN);
    }
  }

  @Test
  void nothingCanBeAddedOrCutOff() {
    assertThat(holds(java.util.Arrays.copyOf(file, file.length - 1))).isFalse();
    assertThat(holds(java.util.Arrays.copyOf(file, file.length + 1))).isFalse();
    assertThat(holds(new byte[0])).isFalse();
  }

  /** The file may be printed anew by whoever changes it: then what it says must give it away. */
  @Test
  void noFieldCanChangeEvenInAFreshlyPrintedFile() {
    List<Change> changes = changes("bundle", bundle);
    assertThat(changes).hasSizeGreaterThan(120);
    for (Change change : changes) {
      AuditBundle forged = (AuditBundle) change.forged();
      assertThat(check(BundleFile.print(forged)))
          .as("%s", change.path())
          .anyMatch(c -> c.result() != Result.GOOD);
    }
  }

  @Test
  void whatNobodyCanCheckMayNotBeInAFile() {
    AuditBundle.Builder claim = bundle.toBuilder();
    claim.getReceiptsBuilder(0).getProofBuilder().setIndex(1);
    assertThat(holds(BundleFile.print(claim.build()))).isFalse();
    claim = bundle.toBuilder();
    claim.getReceiptsBuilder(0).getBatchBuilder().setState(BatchState.BATCH_STATE_FINAL);
    assertThat(holds(BundleFile.print(claim.build()))).isFalse();
    assertThat(fixture.bundle()).isNotEqualTo(bundle);
  }

  @Test
  void whatIsNotOnChainYetIsPendingAndNamed() {
    chain.finalized = 76;
    assertThat(check(file))
        .filteredOn(c -> c.result() == Result.PENDING)
        .extracting(Check::name)
        .containsExactly("receipt 1 block", "receipt 2 block");
    chain.forget();
    assertThat(check(file))
        .filteredOn(c -> c.result() == Result.PENDING)
        .extracting(Check::name)
        .contains("receipt 1 payment", "receipt 1 root on chain");
  }

  @Test
  void missingPartsArePendingAndNamed() {
    AuditBundle.Builder early = bundle.toBuilder();
    early.getReceiptsBuilder(1).clearVerdict().clearVoucher().clearProof().clearBatch();
    assertThat(check(BundleFile.print(early.build())))
        .filteredOn(c -> c.result() == Result.PENDING)
        .extracting(Check::name)
        .containsExactly("receipt 2 verdict", "receipt 2 voucher", "receipt 2 inclusion proof");
  }

  @Test
  void contractsTheReaderKnowsBeatThoseInTheFile() {
    Address other = Address.fromHex("77".repeat(20));
    for (String name : List.of("Settlement", "NodeRegistry")) {
      assertThat(new BundleChecks(chain, Map.of(name, other)).checkFile(file))
          .anyMatch(c -> c.result() == Result.BROKEN && c.name().endsWith("contract"));
    }
  }

  private List<Check> check(byte[] bytes) {
    return new BundleChecks(chain, Map.of()).checkFile(bytes);
  }

  private boolean holds(byte[] bytes) {
    return check(bytes).stream().allMatch(c -> c.result() == Result.GOOD);
  }

  /** A value that differs from the given one in one place. */
  private record Change(String path, Object forged) {}

  /** Every message that differs from this one in one leaf, or lacks one part. */
  private static List<Change> changes(String path, Message message) {
    List<Change> changes = new ArrayList<>();
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              String name = path + "." + field.getName();
              changes.add(
                  new Change(name + " cleared", message.toBuilder().clearField(field).build()));
              if (field.isRepeated()) {
                for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
                  int at = i;
                  each(name + "[" + i + "]", field, message.getRepeatedField(field, i))
                      .map(
                          c ->
                              new Change(
                                  c.path(),
                                  message.toBuilder()
                                      .setRepeatedField(field, at, c.forged())
                                      .build()))
                      .forEach(changes::add);
                }
              } else {
                each(name, field, value)
                    .map(
                        c ->
                            new Change(
                                c.path(), message.toBuilder().setField(field, c.forged()).build()))
                    .forEach(changes::add);
              }
            });
    return changes;
  }

  private static Stream<Change> each(String path, FieldDescriptor field, Object value) {
    return switch (field.getJavaType()) {
      case MESSAGE -> changes(path, (Message) value).stream();
      case INT -> Stream.of(new Change(path, (Integer) value + 1));
      case LONG -> Stream.of(new Change(path, (Long) value + 1));
      case STRING -> Stream.of(new Change(path, value + "0"));
      case BYTE_STRING -> Stream.of(new Change(path, flipped((ByteString) value)));
      case ENUM ->
          Stream.of(
              new Change(
                  path,
                  field
                      .getEnumType()
                      .findValueByNumber(((EnumValueDescriptor) value).getNumber() % 3 + 1)));
      case BOOLEAN, DOUBLE, FLOAT -> throw new IllegalStateException("no such field: " + path);
    };
  }

  private static ByteString flipped(ByteString bytes) {
    byte[] changed = bytes.toByteArray();
    changed[changed.length / 2] ^= 1;
    return ByteString.copyFrom(changed);
  }
}
