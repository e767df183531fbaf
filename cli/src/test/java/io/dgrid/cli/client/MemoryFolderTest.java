package io.dgrid.cli.client;

import static io.dgrid.cli.client.Fixture.CLIENT;
import static io.dgrid.cli.client.Fixture.DOMAIN;
import static io.dgrid.cli.client.Fixture.NODE;
import static io.dgrid.cli.client.Fixture.OTHER_NODE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.cli.client.ChannelMemory.Endorsement;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryFolderTest {
  @TempDir Path folder;

  @Test
  void everythingIsReadBackAsItWasWritten() throws Exception {
    ChannelMemory memory = memory();
    keep(memory);

    try (ClientMemory.Held held = open().hold()) {
      assertThat(held.of(NODE.address())).isEqualTo(memory);
      assertThat(held.of(OTHER_NODE.address()))
          .isEqualTo(ChannelMemory.empty(OTHER_NODE.address()));
      assertThat(held.all()).containsExactly(memory);
    }
  }

  @Test
  void filesAreTheOwnersOnly() throws Exception {
    keep(memory());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())))
        .isEqualTo("rwx------");
  }

  @Test
  void damagedFileStopsEverythingAndSaysWhatToDo() throws Exception {
    keep(memory());
    String name = file().toString();
    byte[] good = Files.readAllBytes(file());
    byte[] half = java.util.Arrays.copyOf(good, good.length / 2);
    byte[] bent = good.clone();
    int digit = new String(good, java.nio.charset.StandardCharsets.UTF_8).indexOf("cumulative");
    bent[digit + 15] ^= 1;
    for (byte[] bad : List.of(new byte[0], half, bent, "[]".getBytes(), "null".getBytes())) {
      Files.write(file(), bad);
      assertThatThrownBy(() -> open().hold())
          .isInstanceOfSatisfying(
              DGridException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
                assertThat(e).hasMessageContaining(name).hasMessageContaining("copy");
              });
    }
    Files.write(file(), good);
    open().hold().close();
  }

  @Test
  void memoryOfAnotherClientIsNotTakenForOnesOwn() throws Exception {
    keep(memory());
    assertThatThrownBy(() -> new MemoryFolder(folder, DOMAIN, NODE.address(), Duration.ZERO).hold())
        .hasMessageContaining("another client");
  }

  @Test
  void everyNetworkHasItsOwn() throws Exception {
    keep(memory());
    Domain other = new Domain(DOMAIN.chainId() + 1, DOMAIN.settlement());
    try (ClientMemory.Held held =
        new MemoryFolder(folder, other, CLIENT.address(), Duration.ZERO).hold()) {
      assertThat(held.all()).isEmpty();
    }
  }

  @Test
  void secondCommandWaitsAndThenSaysForWhat() throws Exception {
    try (ClientMemory.Held held = open().hold()) {
      assertThat(held.all()).isEmpty();
      MemoryFolder impatient =
          new MemoryFolder(folder, DOMAIN, CLIENT.address(), Duration.ofMillis(100));
      assertThatThrownBy(impatient::hold)
          .isInstanceOfSatisfying(
              DGridException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    }
    open().hold().close();
  }

  /** A real second process, not only a second object. */
  @Test
  void lockHoldsBetweenProcesses() throws Exception {
    try (ClientMemory.Held held = open().hold()) {
      assertThat(held.all()).isEmpty();
      Process other =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElseThrow(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  Contender.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(other.getInputStream().readAllBytes());
      assertThat(other.waitFor()).as(said).isEqualTo(3);
    }
  }

  /** Exits with 3 when the folder is held. */
  static final class Contender {
    public static void main(String[] arguments) {
      try {
        new MemoryFolder(Path.of(arguments[0]), DOMAIN, CLIENT.address(), Duration.ofMillis(10))
            .hold()
            .close();
      } catch (DGridException held) {
        System.exit(held.code() == ErrorCode.UNAVAILABLE ? 3 : 4);
      }
    }
  }

  @Test
  void whatIsForgottenIsRefusedAsTooOld() {
    List<Receipt> all = new ArrayList<>();
    for (int i = 0; i <= ChannelMemory.MOST_RECEIPTS; i++) {
      all.add(finishedAt(1_000 + i));
    }
    ChannelMemory memory = ChannelMemory.empty(NODE.address());
    for (Receipt each : all) {
      VoucherStep step = step(List.of(each));
      memory = memory.signed(step, List.of(each), Optional.empty()).acknowledged(1);
    }
    assertThat(memory.receipts()).hasSize(ChannelMemory.MOST_RECEIPTS);
    assertThat(memory.horizon()).isEqualTo(1_000);
    ChannelMemory last = memory;
    for (Receipt old : List.of(all.getFirst(), finishedAt(7))) {
      assertThatThrownBy(
              () -> MemoryRules.requireUnpaid(List.of(last), last, 1, List.of(old), DOMAIN))
          .hasMessageContaining("older");
    }
    MemoryRules.requireUnpaid(List.of(last), last, 1, List.of(finishedAt(9_999)), DOMAIN);
  }

  private static Receipt finishedAt(long time) {
    Receipt r = receipt();
    return new Receipt(
        new JobId(Keccak.hash(ByteBuffer.allocate(8).putLong(time).array())),
        r.attempt(),
        r.client(),
        r.node(),
        r.modelId(),
        r.requestHash(),
        r.responseHash(),
        r.fingerprintRoot(),
        r.firstPosition(),
        r.inputTokens(),
        r.outputTokens(),
        r.amount(),
        1,
        time,
        r.finishReason(),
        Hash.ZERO);
  }

  private static Receipt receipt() {
    return new Fixture().receipt(NODE, 1, 0, 4, FinishReason.STOP).receipt().statement();
  }

  private static VoucherStep step(List<Receipt> receipts) {
    return VoucherRules.next(
        CLIENT,
        NODE.address(),
        1,
        Optional.empty(),
        Optional.empty(),
        receipts,
        1_900_000_000_000L,
        DOMAIN);
  }

  private static ChannelMemory memory() {
    Receipt first = receipt();
    Receipt second = receipt();
    Endorsement endorsement = new Endorsement(OTHER_NODE.address(), TokenAmount.of(17));
    return ChannelMemory.empty(NODE.address())
        .signed(step(List.of(first)), List.of(first), Optional.empty())
        .acknowledged(1)
        .signed(step(List.of(second)), List.of(second), Optional.of(endorsement));
  }

  private void keep(ChannelMemory memory) {
    try (ClientMemory.Held held = open().hold()) {
      held.keep(memory);
    }
  }

  private MemoryFolder open() {
    return new MemoryFolder(folder, DOMAIN, CLIENT.address(), Duration.ofSeconds(5));
  }

  private Path file() throws Exception {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
    }
  }
}
