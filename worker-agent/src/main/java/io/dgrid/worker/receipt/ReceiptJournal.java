package io.dgrid.worker.receipt;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.worker.v1.AttemptResult;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.worker.assignment.AttemptKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The node's receipts with what they commit to, on disk: the end of the chain, results that nobody
 * acknowledged yet, and openings for auditors, over restarts. One process at a time owns the
 * directory. Thread-safe.
 */
public final class ReceiptJournal implements AutoCloseable {
  private static final String SUFFIX = ".journal";
  private static final byte HEAD = 1;
  private static final byte RECEIPT = 2;
  private static final byte ACKNOWLEDGED = 3;

  private record Location(long segment, long offset) {}

  private record Pending(long segment, AttemptResult result) {}

  private final Path directory;
  private final Address node;
  private final JournalLimits limits;
  private final InstantSource clock;
  private final FileChannel lockFile;
  private final TreeMap<Long, JournalSegment> segments = new TreeMap<>();
  private final Map<ReceiptHash, Location> openings = new HashMap<>();
  private final Map<AttemptKey, Pending> pending = new LinkedHashMap<>();
  private Hash head = Hash.ZERO;
  private boolean broken;

  private ReceiptJournal(
      Path directory,
      Address node,
      JournalLimits limits,
      InstantSource clock,
      FileChannel lockFile) {
    this.directory = directory;
    this.node = node;
    this.limits = limits;
    this.clock = clock;
    this.lockFile = lockFile;
  }

  /**
   * Opens the journal of a node, or starts one.
   *
   * @throws BrokenJournalException when another process uses it, it is another node's, or damaged
   */
  public static ReceiptJournal open(
      Path directory, Address node, JournalLimits limits, InstantSource clock) throws IOException {
    Files.createDirectories(directory);
    FileChannel lock =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    ReceiptJournal journal = new ReceiptJournal(directory, node, limits, clock, lock);
    try {
      journal.requireAlone();
      journal.load();
      return journal;
    } catch (IOException | RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  /** Hash of the node's newest receipt; zero before its first. */
  public synchronized Hash head() {
    return head;
  }

  /**
   * Makes a receipt durable; afterwards it is the end of the chain and its result is pending.
   *
   * @throws IOException when it could not be made durable: then it must not be shown to anyone, and
   *     it is not part of the chain
   */
  public void append(AttemptKey key, ReceiptHash hash, AttemptResult result, Opening opening)
      throws IOException {
    append(List.of(new Issue(key, hash, result, opening)));
  }

  /**
   * A receipt that is to be made durable.
   *
   * @param result what carries it to the scheduler
   * @param opening what it commits to
   */
  record Issue(AttemptKey key, ReceiptHash hash, AttemptResult result, Opening opening) {}

  /** As the other, for receipts that follow each other; waits for the disk once. */
  synchronized void append(List<Issue> issues) throws IOException {
    requireUsable();
    List<ByteBuffer> payloads = new ArrayList<>();
    for (Issue issue : issues) {
      payloads.add(payload(issue));
    }
    rotateIfFull();
    List<Long> offsets = appendRecords(payloads, true);
    long segment = segments.lastKey();
    for (int i = 0; i < issues.size(); i++) {
      Issue issue = issues.get(i);
      head = issue.hash().hash();
      openings.put(issue.hash(), new Location(segment, offsets.get(i)));
      pending.put(issue.key(), new Pending(segment, issue.result()));
    }
  }

  private static ByteBuffer payload(Issue issue) throws IOException {
    byte[] resultBytes = issue.result().toByteArray();
    byte[] openingBytes = issue.opening().toByteArray();
    ByteBuffer payload =
        ByteBuffer.allocate(1 + Hash.BYTES + 4 + resultBytes.length + openingBytes.length)
            .put(RECEIPT)
            .put(issue.hash().toBytes())
            .putInt(resultBytes.length)
            .put(resultBytes)
            .put(openingBytes)
            .flip();
    if (payload.remaining() > JournalSegment.MAX_RECORD) {
      throw new IOException("a receipt of " + payload.remaining() + " bytes is too large");
    }
    return payload;
  }

  /** The result is durable elsewhere. Idempotent. */
  public synchronized void acknowledge(AttemptKey key) throws IOException {
    if (pending.remove(key) == null) {
      return;
    }
    requireUsable();
    // Losing this record costs one more acknowledged repetition, so it need not wait for the disk.
    appendRecord(
        ByteBuffer.allocate(1 + Hash.BYTES + 4)
            .put(ACKNOWLEDGED)
            .put(key.jobId().toBytes())
            .putInt(key.attempt())
            .flip(),
        false);
  }

  /** Results to repeat, oldest first. */
  public synchronized Map<AttemptKey, AttemptResult> pending() {
    Map<AttemptKey, AttemptResult> results = new LinkedHashMap<>();
    pending.forEach((key, entry) -> results.put(key, entry.result()));
    return results;
  }

  /** What a receipt commits to; empty when it is not ours or older than the retention. */
  public synchronized Optional<Opening> opening(ReceiptHash hash) throws IOException {
    Location at = openings.get(hash);
    if (at == null) {
      return Optional.empty();
    }
    ByteBuffer payload = segments.get(at.segment()).read(at.offset());
    payload.position(1 + Hash.BYTES);
    int resultLength = payload.getInt();
    payload.position(payload.position() + resultLength);
    return Optional.of(Opening.parseFrom(payload));
  }

  /** False after a disk failure that left the end of the chain uncertain. */
  public synchronized boolean isUsable() {
    return !broken;
  }

  @Override
  public synchronized void close() throws IOException {
    for (JournalSegment segment : segments.values()) {
      segment.close();
    }
    segments.clear();
    lockFile.close();
    broken = true;
  }

  private void requireAlone() throws IOException {
    FileLock lock;
    try {
      lock = lockFile.tryLock();
    } catch (OverlappingFileLockException sameProcess) {
      lock = null;
    }
    if (lock == null) {
      throw new BrokenJournalException(
          "another worker uses " + directory + ": every process needs a data directory of its own");
    }
  }

  private void requireUsable() throws IOException {
    if (broken) {
      throw new IOException("the receipt journal is unusable since an earlier disk failure");
    }
  }

  private void load() throws IOException {
    List<Long> numbers;
    try (Stream<Path> files = Files.list(directory)) {
      numbers =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches("\\d{10}\\" + SUFFIX))
              .map(name -> Long.parseLong(name.substring(0, 10)))
              .sorted()
              .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    for (long number : numbers) {
      boolean newest = number == numbers.getLast();
      if (newest && Files.size(pathOf(number)) < JournalSegment.MIN_BYTES) {
        // A crash between creating the file and writing its first record; nothing is in it.
        Files.delete(pathOf(number));
        break;
      }
      segments.put(
          number,
          JournalSegment.open(
              pathOf(number), node, newest, (offset, payload) -> replay(number, offset, payload)));
    }
    if (segments.isEmpty()) {
      startSegment(1);
    } else if (segments.lastEntry().getValue().isEmpty()) {
      appendHead();
    }
    dropOld();
  }

  private void replay(long segment, long offset, ByteBuffer payload) throws IOException {
    byte type = payload.get();
    byte[] word = new byte[Hash.BYTES];
    payload.get(word);
    switch (type) {
      case HEAD -> head = Hash.of(word);
      case RECEIPT -> {
        ReceiptHash hash = ReceiptHash.of(word);
        AttemptResult result =
            AttemptResult.parseFrom(payload.slice(payload.position() + 4, payload.getInt()));
        head = hash.hash();
        openings.put(hash, new Location(segment, offset));
        pending.put(
            AttemptKey.of(result.getJobId(), result.getAttempt()), new Pending(segment, result));
      }
      case ACKNOWLEDGED -> pending.remove(new AttemptKey(JobId.of(word), payload.getInt()));
      default ->
          throw new BrokenJournalException(
              "the receipt journal has a record of type %d: it is of a newer version"
                  .formatted(type));
    }
  }

  private void rotateIfFull() throws IOException {
    if (segments.lastEntry().getValue().size() >= limits.segmentBytes()) {
      startSegment(segments.lastKey() + 1);
      dropOld();
    }
  }

  /** Every file starts with the end of the chain, so that older files may go. */
  private void startSegment(long number) throws IOException {
    segments.put(number, JournalSegment.create(pathOf(number), node));
    appendHead();
  }

  private void appendHead() throws IOException {
    appendRecord(ByteBuffer.allocate(1 + Hash.BYTES).put(HEAD).put(head.toBytes()).flip(), true);
  }

  private void appendRecord(ByteBuffer payload, boolean durable) throws IOException {
    appendRecords(List.of(payload), durable);
  }

  private List<Long> appendRecords(List<ByteBuffer> payloads, boolean durable) throws IOException {
    broken = true;
    JournalSegment segment = segments.lastEntry().getValue();
    try {
      List<Long> offsets = segment.append(payloads, durable);
      broken = false;
      return offsets;
    } catch (JournalSegment.RolledBackException undone) {
      broken = false;
      throw undone;
    }
  }

  private void dropOld() throws IOException {
    long keepAfter = clock.instant().minus(limits.retention()).toEpochMilli();
    List<Long> candidates = new ArrayList<>(segments.headMap(segments.lastKey()).keySet());
    long total = segments.values().stream().mapToLong(JournalSegment::size).sum();
    for (long number : candidates) {
      JournalSegment segment = segments.get(number);
      boolean old = Files.getLastModifiedTime(segment.file()).toMillis() < keepAfter;
      boolean needed = pending.values().stream().anyMatch(p -> p.segment() == number);
      if (needed || (!old && total <= limits.maxBytes())) {
        continue;
      }
      total -= segment.size();
      segment.delete();
      segments.remove(number);
      openings.values().removeIf(at -> at.segment() == number);
    }
  }

  private Path pathOf(long number) {
    return directory.resolve("%010d%s".formatted(number, SUFFIX));
  }
}
