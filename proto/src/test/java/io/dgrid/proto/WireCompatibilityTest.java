package io.dgrid.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.dgrid.proto.common.v1.Failure;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.ListModelsRequest;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.market.v1.WatchPricesRequest;
import io.dgrid.proto.quality.v1.GetVerdictRequest;
import io.dgrid.proto.quality.v1.Verdict;
import io.dgrid.proto.receipt.v1.Receipt;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.GetAuditBundleRequest;
import io.dgrid.proto.settlement.v1.GetEvidenceRequest;
import io.dgrid.proto.worker.v1.ForwardRequest;
import io.dgrid.proto.worker.v1.Hello;
import io.dgrid.proto.worker.v1.OpenReceiptRequest;
import io.dgrid.proto.worker.v1.SessionRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Old readers and writers must keep working: every field, enum value and call of the committed
 * baseline is still there, unchanged. After an addition, run the build once with {@code
 * -Ddgrid.wire.update=true} and commit the baseline.
 */
class WireCompatibilityTest {
  private static final Path BASELINE = Path.of("src/test/resources/wire-baseline.txt");

  private static final List<FileDescriptor> FILES =
      Stream.of(
              Failure.getDescriptor(),
              Job.getDescriptor(),
              SubmitRequest.getDescriptor(),
              SubmittedJob.getDescriptor(),
              RelayRequest.getDescriptor(),
              Node.getDescriptor(),
              ListModelsRequest.getDescriptor(),
              WatchPricesRequest.getDescriptor(),
              GetBalanceRequest.getDescriptor(),
              Receipt.getDescriptor(),
              Hello.getDescriptor(),
              SessionRequest.getDescriptor(),
              ForwardRequest.getDescriptor(),
              OpenReceiptRequest.getDescriptor(),
              Verdict.getDescriptor(),
              GetVerdictRequest.getDescriptor(),
              Batch.getDescriptor(),
              GetEvidenceRequest.getDescriptor(),
              GetAuditBundleRequest.getDescriptor())
          .map(Descriptor::getFile)
          .distinct()
          .toList();

  @Test
  void everyProtoFileIsGuarded() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/proto"))) {
      List<String> sources =
          files
              .filter(f -> f.toString().endsWith(".proto"))
              .map(f -> Path.of("src/main/proto").relativize(f).toString())
              .toList();
      assertThat(FILES)
          .extracting(FileDescriptor::getName)
          .containsExactlyInAnyOrderElementsOf(sources);
    }
  }

  @Test
  void nothingOnTheWireChangedItsMeaning() throws IOException {
    TreeSet<String> now = new TreeSet<>();
    FILES.forEach(file -> describe(file, now));
    if (Boolean.getBoolean("dgrid.wire.update")) {
      Files.write(BASELINE, now);
    }
    List<String> baseline = Files.readAllLines(BASELINE);

    assertThat(without(baseline, now)).as("removed or changed: old peers would misread").isEmpty();
    assertThat(without(now, baseline))
        .as("new: run once with -Ddgrid.wire.update=true and commit the baseline")
        .isEmpty();
  }

  private static TreeSet<String> without(Collection<String> lines, Collection<String> others) {
    TreeSet<String> rest = new TreeSet<>(lines);
    rest.removeAll(others);
    return rest;
  }

  private static void describe(FileDescriptor file, TreeSet<String> out) {
    file.getMessageTypes().forEach(message -> describe(message, out));
    file.getEnumTypes().forEach(type -> describe(type, out));
    for (ServiceDescriptor service : file.getServices()) {
      service
          .getMethods()
          .forEach(
              m ->
                  out.add(
                      "rpc %s %s%s -> %s%s"
                          .formatted(
                              m.getFullName(),
                              m.isClientStreaming() ? "stream " : "",
                              m.getInputType().getFullName(),
                              m.isServerStreaming() ? "stream " : "",
                              m.getOutputType().getFullName())));
    }
  }

  private static void describe(Descriptor message, TreeSet<String> out) {
    for (FieldDescriptor field : message.getFields()) {
      String type =
          switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
          };
      String label =
          field.isRepeated() ? "repeated " : field.toProto().getProto3Optional() ? "optional " : "";
      String oneof =
          field.getRealContainingOneof() == null
              ? ""
              : " in " + field.getRealContainingOneof().getName();
      out.add(
          "field %s = %d %s%s%s"
              .formatted(field.getFullName(), field.getNumber(), label, type, oneof));
    }
    message.getNestedTypes().forEach(nested -> describe(nested, out));
    message.getEnumTypes().forEach(type -> describe(type, out));
  }

  private static void describe(EnumDescriptor type, TreeSet<String> out) {
    type.getValues()
        .forEach(v -> out.add("value %s = %d".formatted(v.getFullName(), v.getNumber())));
  }
}
