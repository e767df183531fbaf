package io.dgrid.benchmarks.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One durable write after the other on the disk that the databases of this benchmark are on. */
final class DiskLoop {
  private static final int BYTES = 4096;

  private DiskLoop() {}

  static Latencies run(int writes) throws IOException {
    Path file = Files.createTempFile("dgrid-disk", "");
    Latencies latencies = new Latencies();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < writes; i++) {
        channel.write(ByteBuffer.allocate(BYTES));
        long begin = System.nanoTime();
        channel.force(false);
        long took = System.nanoTime() - begin;
        latencies.add(took, took, 0);
      }
    } finally {
      Files.delete(file);
    }
    return latencies;
  }
}
