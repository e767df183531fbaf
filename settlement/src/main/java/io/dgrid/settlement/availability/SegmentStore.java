package io.dgrid.settlement.availability;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.settlement.SettlementConfig;
import io.dgrid.settlement.batch.Segment;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;

/** Segments as files named by their commitment. Calls block on the disk. */
@ApplicationScoped
public class SegmentStore {
  private final Path folder;

  @Inject
  SegmentStore(SettlementConfig config) {
    this(config.dataDirectory());
  }

  SegmentStore(Path dataDirectory) {
    this.folder = dataDirectory.resolve("segments");
  }

  /** Returns when the bytes survive a power cut. Storing the same segment again is harmless. */
  public void store(Segment segment) {
    Path file = file(segment.commitment());
    try {
      if (Files.exists(file)) {
        return;
      }
      Files.createDirectories(folder);
      Path staging = Files.createTempFile(folder, "writing-", ".tmp");
      try {
        write(staging, segment.bytes());
        Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(staging);
      }
      try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot store segment " + segment.commitment(), e);
    }
  }

  /**
   * The bytes; empty when nothing is stored under the commitment.
   *
   * @throws IllegalStateException when the file no longer hashes to its name
   */
  public Optional<byte[]> read(Hash commitment) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file(commitment));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read segment " + commitment, e);
    }
    if (!Keccak.hash(bytes).equals(commitment)) {
      throw new IllegalStateException("segment " + commitment + " is damaged on disk");
    }
    return Optional.of(bytes);
  }

  /**
   * A part of a segment, not checked against the commitment: only the whole can be.
   *
   * @param size of the whole segment, bytes
   */
  public record Part(byte[] bytes, long size) {}

  /**
   * At most {@code limit} bytes from {@code offset} on, fewer only at the end; empty when nothing
   * is stored under the commitment.
   */
  public Optional<Part> read(Hash commitment, long offset, int limit) {
    try (FileChannel file = FileChannel.open(file(commitment), StandardOpenOption.READ)) {
      long size = file.size();
      ByteBuffer part = ByteBuffer.allocate((int) Math.clamp(size - offset, 0, limit));
      while (part.hasRemaining() && file.read(part, offset + part.position()) > 0) {
        // Until it is full: a segment never changes.
      }
      return Optional.of(new Part(part.array(), size));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read segment " + commitment, e);
    }
  }

  private Path file(Hash commitment) {
    return folder.resolve(HexFormat.of().formatHex(commitment.toBytes()));
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    }
  }
}
