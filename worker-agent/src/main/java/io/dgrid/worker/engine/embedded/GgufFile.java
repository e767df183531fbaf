package io.dgrid.worker.engine.embedded;

import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * A GGUF model file, version 2 or 3, with weights of the kinds in {@link TensorType}. Trusts no
 * byte of it.
 */
final class GgufFile implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;

  private final String name;
  private final ByteSource source;
  private final AutoCloseable resource;
  private final GgufMetadata metadata;
  private final Map<String, TensorInfo> tensors;

  private GgufFile(String name, ByteSource source, AutoCloseable resource) {
    this.name = name;
    this.source = source;
    this.resource = resource;
    GgufHeaderParser.Header header;
    try {
      header = new GgufHeaderParser(source, name).parse();
    } catch (UncheckedIOException e) {
      throw unreadable(name, e.getCause());
    }
    metadata = header.metadata();
    tensors = header.tensors();
  }

  /**
   * @throws BrokenModelFileException if it is no such file
   * @throws EngineException {@link EngineError#MODEL_FILE_UNREADABLE} if the disk fails or there is
   *     no file
   */
  static GgufFile open(Path path) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(path);
      return new GgufFile(path.getFileName().toString(), ByteSource.of(channel), channel);
    } catch (IOException e) {
      closeQuietly(channel);
      throw unreadable(path.toString(), e);
    } catch (RuntimeException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  static GgufFile of(String name, ByteSource source) {
    return new GgufFile(name, source, () -> {});
  }

  GgufMetadata metadata() {
    return metadata;
  }

  Set<String> tensorNames() {
    return tensors.keySet();
  }

  boolean has(String tensor) {
    return tensors.containsKey(tensor);
  }

  /** Weights of all tensors together. */
  long elements() {
    return tensors.values().stream().mapToLong(TensorInfo::elements).sum();
  }

  /** Gets one dequantised row; the array is reused for the next one. */
  @FunctionalInterface
  interface RowReader {
    void row(int index, float[] weights);
  }

  /** Reads a tensor row by row. */
  void read(String tensor, RowReader reader) {
    try {
      readRows(require(tensor), reader);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  /** Checks that a tensor has the expected shape; to be called before memory for it is taken. */
  void requireShape(String tensor, int rows, int rowLength) {
    TensorInfo info = require(tensor);
    if (info.rows() != rows || info.rowLength() != rowLength) {
      throw metadata.broken(
          "tensor '%s' is %d rows of %d weights, expected %d of %d"
              .formatted(tensor, info.rows(), info.rowLength(), rows, rowLength));
    }
  }

  private TensorInfo require(String tensor) {
    TensorInfo info = tensors.get(tensor);
    if (info == null) {
      throw metadata.broken("tensor '%s' is missing".formatted(tensor));
    }
    return info;
  }

  private void readRows(TensorInfo info, RowReader reader) throws IOException {
    float[] weights = new float[info.rowLength()];
    int rowBytes = Math.toIntExact(info.rowBytes());
    int rowsAtOnce = Math.clamp(READ_BYTES / rowBytes, 1, info.rows());
    ByteBuffer buffer = ByteBuffer.allocate(rowsAtOnce * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int first = 0; first < info.rows(); first += rowsAtOnce) {
      int count = Math.min(rowsAtOnce, info.rows() - first);
      source.read(info.offset() + (long) first * rowBytes, buffer.clear().limit(count * rowBytes));
      buffer.flip();
      for (int row = first; row < first + count; row++) {
        info.type().decode(buffer, weights);
        requireFinite(info, row, weights);
        reader.row(row, weights);
      }
    }
  }

  private void requireFinite(TensorInfo info, int row, float[] weights) {
    for (float weight : weights) {
      if (!Float.isFinite(weight)) {
        throw metadata.broken(
            "row %d of tensor '%s' (from byte %d) holds %s"
                .formatted(row, info.name(), info.offset() + row * info.rowBytes(), weight));
      }
    }
  }

  /** SHA-256 of the whole file, in lower-case hexadecimal. */
  String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
      for (long at = 0; at < source.size(); at += buffer.capacity()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), source.size() - at));
        source.read(at, buffer);
        digest.update(buffer.flip());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  @Override
  public void close() {
    closeQuietly(resource);
  }

  private static EngineException unreadable(String file, IOException cause) {
    return new EngineException(
        EngineError.MODEL_FILE_UNREADABLE, "cannot read %s: %s".formatted(file, cause), cause);
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      if (resource != null) {
        resource.close();
      }
    } catch (Exception e) {
      // Nothing was written; a failed close of a file that was only read loses nothing.
    }
  }
}
