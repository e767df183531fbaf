package io.dgrid.worker.receipt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.transport.codec.Wire;
import io.dgrid.worker.assignment.AttemptKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReceiptJournalTest {
  private static final JournalLimits LIMITS = new JournalLimits(Duration.ofDays(7), 4096, 512);

  @TempDir Path directory;

  private final Address node = SigningKey.random().address();

  @Test
  void headPendingResultsAndOpeningsSurviveAReopen() throws IOException {
    try (ReceiptJournal journal = open()) {
      append(journal, 1);
      append(journal, 2);
      journal.acknowledge(key(1));
    }
    try (ReceiptJournal journal = open()) {
      assertThat(journal.head()).isEqualTo(word(2));
      assertThat(journal.pending().keySet()).containsExactly(key(2));
      assertThat(journal.opening(new ReceiptHash(word(1)))).contains(opening(1));
      assertThat(journal.opening(new ReceiptHash(word(3)))).isEmpty();
    }
  }

  @Test
  void aRecordThatIsCutOffAtAnyByteIsForgottenAndNothingElse() throws IOException {
    try (ReceiptJournal journal = open()) {
      append(journal, 1);
    }
    long whole = Files.size(newest());
    try (ReceiptJournal journal = open()) {
      append(journal, 2);
    }
    byte[] all = Files.readAllBytes(newest());
    for (int length = (int) whole; length < all.length; length++) {
      Files.write(newest(), Arrays.copyOf(all, length));
      try (ReceiptJournal journal = open()) {
        assertThat(journal.head()).as("cut at %d", length).isEqualTo(word(1));
        append(journal, 3);
      }
      try (ReceiptJournal journal = open()) {
        assertThat(journal.head()).isEqualTo(word(3));
      }
    }
  }

  @Test
  void damageInTheMiddleIsRefusedBecauseTheChainWouldFork() throws IOException {
    try (ReceiptJournal journal = open()) {
      append(journal, 1);
      append(journal, 2);
    }
    byte[] all = Files.readAllBytes(newest());
    // The first byte of the second record: the file starts with 25 bytes and a record of 41.
    all[25 + 41 + 20] ^= 1;
    Files.write(newest(), all);
    assertThatThrownBy(this::open)
        .isInstanceOf(BrokenJournalException.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void anotherNodesJournalIsRefused() throws IOException {
    open().close();
    assertThatThrownBy(
            () ->
                ReceiptJournal.open(
                    directory, SigningKey.random().address(), LIMITS, InstantSource.system()))
        .isInstanceOf(BrokenJournalException.class)
        .hasMessageContaining("another data directory");
  }

  @Test
  void twoProcessesCannotShareIt() throws IOException {
    try (ReceiptJournal journal = open()) {
      assertThat(journal.isUsable()).isTrue();
      assertThatThrownBy(this::open)
          .isInstanceOf(BrokenJournalException.class)
          .hasMessageContaining("another worker");
    }
  }

  @Test
  void oldFilesGoButTheHeadAndPendingResultsStay() throws IOException {
    try (ReceiptJournal journal = open()) {
      append(journal, 1);
      for (int i = 2; i <= 60; i++) {
        append(journal, i);
        journal.acknowledge(key(i));
      }
      try (Stream<Path> files = Files.list(directory)) {
        long bytes = files.mapToLong(f -> f.toFile().length()).sum();
        assertThat(bytes).isLessThan(4096 + 3 * 1024);
      }
      assertThat(journal.opening(new ReceiptHash(word(1)))).as("unacknowledged").isPresent();
      assertThat(journal.opening(new ReceiptHash(word(12)))).isEmpty();
    }
    for (Path file : files()) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(30))));
    }
    try (ReceiptJournal journal = open()) {
      assertThat(journal.head()).isEqualTo(word(60));
      assertThat(journal.pending().keySet()).containsExactly(key(1));
    }
    assertThat(files()).hasSize(2);
  }

  @Test
  void anEmptyNewFileOfACrashIsIgnored() throws IOException {
    try (ReceiptJournal journal = open()) {
      append(journal, 1);
    }
    Files.write(directory.resolve("0000000002.journal"), new byte[3], StandardOpenOption.CREATE);
    try (ReceiptJournal journal = open()) {
      assertThat(journal.head()).isEqualTo(word(1));
    }
  }

  private ReceiptJournal open() throws IOException {
    return ReceiptJournal.open(directory, node, LIMITS, InstantSource.system());
  }

  private Path newest() throws IOException {
    return files().getLast();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> f.toString().endsWith(".journal")).sorted().toList();
    }
  }

  private static void append(ReceiptJournal journal, int number) throws IOException {
    AttemptResult result =
        AttemptResult.newBuilder().setJobId(Wire.bytes(key(number).jobId())).setAttempt(1).build();
    journal.append(key(number), new ReceiptHash(word(number)), result, opening(number));
  }

  private static Opening opening(int number) {
    return Opening.newBuilder()
        .setReceiptHash(Wire.bytes(word(number)))
        .addTokenIds(number)
        .build();
  }

  private static AttemptKey key(int number) {
    return new AttemptKey(new JobId(word(number)), 1);
  }

  private static Hash word(int number) {
    return new Hash(0, 0, 0, number);
  }
}
