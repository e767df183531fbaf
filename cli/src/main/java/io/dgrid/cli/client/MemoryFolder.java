package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A client's memory of one network as files, one per node, next to its key. Readable by the owner
 * only: they tell whom the client pays.
 */
public final class MemoryFolder implements ClientMemory {
  private static final String ENDING = ".json";
  private static final String LOCK = "lock";
  private static final Duration POLL = Duration.ofMillis(50);

  private final Path folder;
  private final MemoryCodec codec;
  private final Duration patience;

  /**
   * @param keyFile the client's key; the memory is the folder {@code <keyFile>.memory}
   */
  public static MemoryFolder nextTo(Path keyFile, Domain domain, Address client) {
    Path file = keyFile.toAbsolutePath();
    return new MemoryFolder(
        file.resolveSibling(file.getFileName() + ".memory"),
        domain,
        client,
        Duration.ofSeconds(20));
  }

  /**
   * @param patience how long another process may hold it
   */
  MemoryFolder(Path folder, Domain domain, Address client, Duration patience) {
    // One network never reads what was signed for another.
    this.folder = folder.resolve(domain.chainId() + "-" + domain.settlement());
    this.codec = new MemoryCodec(domain, client);
    this.patience = patience;
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  @Override
  public Held hold() {
    FileChannel channel = null;
    try {
      Files.createDirectories(folder, ownerOnly("rwx------"));
      channel =
          FileChannel.open(
              folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new HeldFolder(channel, lock(channel));
    } catch (IOException e) {
      closeQuietly(channel);
      throw unusable(folder, e);
    } catch (DGridException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  private FileLock lock(FileChannel channel) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
      } catch (OverlappingFileLockException ofThisProcess) {
        // As good as another process: wait.
      }
      if (System.nanoTime() > end) {
        throw new DGridException(
            ErrorCode.UNAVAILABLE,
            "another command signs with this key since more than %d s (lock %s); wait for it, then confirm with the next dgrid ask"
                .formatted(patience.toSeconds(), folder.resolve(LOCK)));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new DGridException(ErrorCode.CANCELLED, "interrupted while waiting for the memory");
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException closing) {
      // The failure that led here is the one to tell.
    }
  }

  private static DGridException unusable(Path path, Exception e) {
    return new DGridException(
        ErrorCode.INTERNAL,
        "cannot use the client's memory %s: %s. Nothing was signed; make the folder writable for you, or move the key to where it is"
            .formatted(path, e),
        Map.of(),
        e);
  }

  private FileAttribute<?>[] ownerOnly(String permissions) throws IOException {
    Path existing = folder;
    while (existing.getParent() != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return Files.getFileStore(existing).supportsFileAttributeView("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private final class HeldFolder implements Held {
    private final FileChannel channel;
    private final FileLock lock;
    private final Map<Address, ChannelMemory> memories = new LinkedHashMap<>();

    /** All of them at once: a key's cap and a job's tokens are counted over every node. */
    HeldFolder(FileChannel channel, FileLock lock) throws IOException {
      this.channel = channel;
      this.lock = lock;
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(ENDING)).sorted().toList()) {
          ChannelMemory memory = codec.read(file);
          memories.put(memory.node(), memory);
        }
      }
    }

    @Override
    public ChannelMemory of(Address node) {
      return memories.getOrDefault(node, ChannelMemory.empty(node));
    }

    @Override
    public Collection<ChannelMemory> all() {
      return memories.values();
    }

    @Override
    public void keep(ChannelMemory memory) {
      Path file = folder.resolve(memory.node() + ENDING);
      try {
        write(file, codec.toBytes(memory));
      } catch (IOException e) {
        throw unusable(file, e);
      }
      memories.put(memory.node(), memory);
    }

    /** The old file or the new one, never half of one. */
    private void write(Path file, byte[] bytes) throws IOException {
      Path staging = Files.createTempFile(folder, "writing-", ".tmp", ownerOnly("rw-------"));
      try {
        try (FileChannel out = FileChannel.open(staging, StandardOpenOption.WRITE)) {
          ByteBuffer rest = ByteBuffer.wrap(bytes);
          while (rest.hasRemaining()) {
            out.write(rest);
          }
          out.force(true);
        }
        Files.move(
            staging, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(staging);
      }
      try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
        directory.force(true);
      }
    }

    @Override
    public void close() {
      try {
        lock.release();
      } catch (IOException e) {
        // Closing the channel frees it, too.
      } finally {
        closeQuietly(channel);
      }
    }
  }
}
