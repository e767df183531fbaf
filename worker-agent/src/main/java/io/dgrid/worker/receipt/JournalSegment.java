package io.dgrid.worker.receipt;

import io.dgrid.core.identity.Address;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * One append-only file: {@code "DGRJ1" ‖ node (20)}, then records {@code u32 length ‖ u32 crc32c ‖
 * payload}. A record cut off at the end of the file was never acted upon and is dropped; damage
 * anywhere else is refused, because forgetting a signed receipt would fork the node's chain.
 */
final class JournalSegment implements AutoCloseable {
  static final int MAX_RECORD = 16 * 1024 * 1024;

  private static final byte[] MAGIC = "DGRJ1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = MAGIC.length + Address.BYTES;
  private static final int PREFIX = 8;

  /** A file with its first record is at least this long. */
  static final int MIN_BYTES = HEADER + PREFIX + 1;

  /** Sees each whole record in order. */
  interface Visitor {
    void record(long offset, ByteBuffer payload) throws IOException;
  }

  /** An append failed and left no trace. */
  static final class RolledBackException extends IOException {
    private static final long serialVersionUID = 1L;

    private RolledBackException(IOException cause) {
      super("the receipt journal cannot be written: " + cause.getMessage(), cause);
    }
  }

  private final Path file;
  private final FileChannel channel;
  private long size;

  private JournalSegment(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static JournalSegment create(Path file, Address node) throws IOException {
    JournalSegment segment =
        new JournalSegment(
            file,
            FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE));
    segment.write(ByteBuffer.allocate(HEADER).put(MAGIC).put(node.toBytes()).flip(), 0);
    segment.size = HEADER;
    segment.channel.force(true);
    syncDirectory(file.toAbsolutePath().getParent());
    return segment;
  }

  /**
   * Opens and reads all of it.
   *
   * @param newest whether a cut-off record at the end may be dropped
   * @throws BrokenJournalException when it belongs to another node or is damaged
   */
  static JournalSegment open(Path file, Address node, boolean newest, Visitor visitor)
      throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    JournalSegment segment = new JournalSegment(file, channel);
    try {
      segment.requireHeader(node);
      segment.scan(newest, visitor);
      return segment;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Appends and returns the record's offset; {@code durable} waits for the disk. */
  long append(ByteBuffer payload, boolean durable) throws IOException {
    return append(List.of(payload), durable).getFirst();
  }

  /**
   * Appends records, all of them or none.
   *
   * @param durable whether to wait for the disk, once for all
   * @return their offsets
   */
  List<Long> append(List<ByteBuffer> payloads, boolean durable) throws IOException {
    long offset = size;
    int bytes = payloads.stream().mapToInt(payload -> PREFIX + payload.remaining()).sum();
    ByteBuffer records = ByteBuffer.allocate(bytes);
    List<Long> offsets = new ArrayList<>();
    for (ByteBuffer payload : payloads) {
      offsets.add(offset + records.position());
      records.putInt(payload.remaining()).putInt(crc(payload)).put(payload);
    }
    try {
      write(records.flip(), offset);
      if (durable) {
        channel.force(false);
      }
    } catch (IOException failed) {
      // Whether the bytes are on disk is unknown, so make sure that they are not.
      channel.truncate(offset);
      channel.force(true);
      throw new RolledBackException(failed);
    }
    size = offset + bytes;
    return offsets;
  }

  ByteBuffer read(long offset) throws IOException {
    ByteBuffer prefix = readFully(offset, PREFIX);
    int length = prefix.getInt();
    int crc = prefix.getInt();
    if (length < 0 || length > MAX_RECORD) {
      throw damaged(offset);
    }
    ByteBuffer payload = readFully(offset + PREFIX, length);
    if (crc(payload) != crc) {
      throw damaged(offset);
    }
    return payload;
  }

  boolean isEmpty() {
    return size == HEADER;
  }

  long size() {
    return size;
  }

  Path file() {
    return file;
  }

  void delete() throws IOException {
    channel.close();
    Files.deleteIfExists(file);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private void requireHeader(Address node) throws IOException {
    if (channel.size() < HEADER) {
      throw new BrokenJournalException(file + " is not a receipt journal of this version");
    }
    byte[] header = readFully(0, HEADER).array();
    if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new BrokenJournalException(file + " is not a receipt journal of this version");
    }
    Address owner = Address.of(Arrays.copyOfRange(header, MAGIC.length, HEADER));
    if (!owner.equals(node)) {
      throw new BrokenJournalException(
          "%s holds the receipts of node %s, but the key is that of %s: use another data directory"
              .formatted(file, owner, node));
    }
  }

  private void scan(boolean newest, Visitor visitor) throws IOException {
    long end = channel.size();
    long offset = HEADER;
    while (offset < end) {
      long next = offset + PREFIX;
      boolean whole = next <= end;
      int length = whole ? readFully(offset, 4).getInt() : 0;
      boolean plausible = length > 0 && length <= MAX_RECORD;
      next += plausible ? length : 0;
      if (whole && plausible && next <= end && isIntact(offset)) {
        visitor.record(offset, read(offset));
        offset = next;
        continue;
      }
      boolean cutOff = next >= end || isZeroUntil(offset, end);
      if (!newest || !cutOff) {
        throw damaged(offset);
      }
      channel.truncate(offset);
      channel.force(true);
      break;
    }
    size = offset;
  }

  private boolean isIntact(long offset) throws IOException {
    try {
      read(offset);
      return true;
    } catch (BrokenJournalException broken) {
      return false;
    }
  }

  private boolean isZeroUntil(long from, long end) throws IOException {
    for (long at = from; at < end; at += 4096) {
      for (byte b : readFully(at, (int) Math.min(4096, end - at)).array()) {
        if (b != 0) {
          return false;
        }
      }
    }
    return true;
  }

  private BrokenJournalException damaged(long offset) {
    return new BrokenJournalException(
        "%s is damaged at byte %d: restore it from a backup, or start with a new node key"
            .formatted(file, offset));
  }

  private void write(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private ByteBuffer readFully(long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new EOFException(file + " ends early");
      }
    }
    return bytes.flip();
  }

  private static int crc(ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }

  /** A new name is durable only once its directory is. */
  private static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException unsupported) {
      // Not every platform lets directories be opened; there the name is durable by itself.
    }
  }
}
