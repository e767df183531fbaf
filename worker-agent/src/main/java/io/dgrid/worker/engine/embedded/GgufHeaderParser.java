package io.dgrid.worker.engine.embedded;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses what precedes the weights. Every count, length and offset is checked against bounds and
 * against the file before it is used.
 */
final class GgufHeaderParser {
  static final int MAX_METADATA = 4_096;
  static final int MAX_TENSORS = 65_536;
  static final int MAX_STRING_BYTES = 1 << 20;
  static final int MAX_NAME_BYTES = 1 << 10;
  static final int MAX_ARRAY_ELEMENTS = 1 << 21;

  // Keeps sizes in bytes far from overflow.
  private static final long MAX_TENSOR_ELEMENTS = 1L << 40;
  private static final int MAGIC = 0x46554747; // "GGUF", little-endian
  private static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_ALIGNMENT = 1 << 16;

  private final GgufCursor in;
  private final String file;
  private final long fileSize;
  // One budget for all arrays together: many arrays must not add up to what one may not hold.
  private int arrayElementsLeft = 2 * MAX_ARRAY_ELEMENTS;

  GgufHeaderParser(ByteSource source, String file) {
    this.in = new GgufCursor(source, file);
    this.file = file;
    this.fileSize = source.size();
  }

  record Header(GgufMetadata metadata, Map<String, TensorInfo> tensors) {}

  Header parse() {
    if (in.readInt() != MAGIC) {
      throw in.broken(0, "not a GGUF file");
    }
    int version = in.readInt();
    if (version != 2 && version != 3) {
      throw in.broken(4, "GGUF version %d, supported are 2 and 3".formatted(version));
    }
    int tensorCount = readCount("tensors", MAX_TENSORS);
    int metadataCount = readCount("metadata entries", MAX_METADATA);
    GgufMetadata metadata = readMetadata(metadataCount);
    int alignment = metadata.integer("general.alignment", 1, MAX_ALIGNMENT, DEFAULT_ALIGNMENT);
    if (Integer.bitCount(alignment) != 1) {
      throw metadata.broken("'general.alignment' is %d, no power of two".formatted(alignment));
    }
    return new Header(metadata, readTensors(tensorCount, alignment));
  }

  private GgufMetadata readMetadata(int count) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      long at = in.position();
      String key = in.readString(MAX_NAME_BYTES, "key of metadata entry " + i);
      Object value = readValue(in.readInt(), key);
      if (values.putIfAbsent(key, value) != null) {
        throw in.broken(at, "key '%s' appears twice".formatted(key));
      }
    }
    return new GgufMetadata(file, values);
  }

  private Object readValue(int type, String key) {
    return switch (type) {
      case 8 -> in.readString(MAX_STRING_BYTES, "value of '%s'".formatted(key));
      case 9 -> readArray(key);
      case 6 -> (double) Float.intBitsToFloat(in.readInt());
      case 12 -> Double.longBitsToDouble(in.readLong());
      case 7 -> in.readByte() != 0;
      default -> readInteger(type, key);
    };
  }

  private long readInteger(int type, String key) {
    return switch (type) {
      case 0 -> in.readByte();
      case 1 -> (byte) in.readByte();
      case 2 -> in.readShort() & 0xFFFF;
      case 3 -> in.readShort();
      case 4 -> in.readInt() & 0xFFFF_FFFFL;
      case 5 -> in.readInt();
      case 10, 11 -> in.readLong();
      default ->
          throw in.broken(in.position(), "'%s' has the unknown value type %d".formatted(key, type));
    };
  }

  private Object readArray(String key) {
    int type = in.readInt();
    long at = in.position();
    int count = readCount("elements of '%s'".formatted(key), MAX_ARRAY_ELEMENTS);
    arrayElementsLeft -= count;
    if (arrayElementsLeft < 0 || count > in.remaining()) {
      throw in.broken(at, "'%s' has more elements than can be real: %d".formatted(key, count));
    }
    if (type == 8) {
      List<String> strings = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        strings.add(in.readString(MAX_STRING_BYTES, "an element of '%s'".formatted(key)));
      }
      return strings;
    }
    if (type == 6 || type == 12 || type == 7) {
      double[] numbers = new double[count];
      for (int i = 0; i < count; i++) {
        numbers[i] = readValue(type, key) instanceof Double number ? number : 0;
      }
      return numbers;
    }
    long[] integers = new long[count];
    for (int i = 0; i < count; i++) {
      integers[i] = readInteger(type, key);
    }
    return integers;
  }

  private Map<String, TensorInfo> readTensors(int count, int alignment) {
    List<TensorInfo> relative = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      relative.add(readTensor(i, alignment));
    }
    long dataStart = Math.ceilDiv(in.position(), (long) alignment) * alignment;
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (TensorInfo tensor : relative) {
      TensorInfo placed =
          new TensorInfo(
              tensor.name(),
              tensor.type(),
              tensor.rowLength(),
              tensor.rows(),
              dataStart + tensor.offset());
      if (placed.bytes() > fileSize - placed.offset()) {
        throw in.broken(placed.offset(), tensor.name() + " runs past the end of the file");
      }
      if (tensors.putIfAbsent(tensor.name(), placed) != null) {
        throw in.broken(placed.offset(), "tensor '%s' appears twice".formatted(tensor.name()));
      }
    }
    requireDisjoint(tensors);
    return tensors;
  }

  private TensorInfo readTensor(int index, int alignment) {
    String name = in.readString(MAX_NAME_BYTES, "name of tensor " + index);
    long at = in.position();
    int dimensions = in.readInt();
    if (dimensions < 1 || dimensions > 4) {
      throw in.broken(at, "tensor '%s' has %d dimensions".formatted(name, dimensions));
    }
    long rowLength = readDimension(name);
    long rows = 1;
    for (int i = 1; i < dimensions; i++) {
      rows *= readDimension(name);
      if (rows > Integer.MAX_VALUE || rows * rowLength > MAX_TENSOR_ELEMENTS) {
        throw in.broken(at, "tensor '%s' is larger than any real one".formatted(name));
      }
    }
    TensorType type = TensorType.ofId(in.readInt(), "%s: tensor '%s'".formatted(file, name));
    if (rowLength % type.blockElements() != 0) {
      throw in.broken(
          at, "rows of '%s' have %d weights, no whole %s blocks".formatted(name, rowLength, type));
    }
    long offset = in.readLong();
    if (offset < 0 || offset > fileSize || offset % alignment != 0) {
      throw in.broken(
          at, "tensor '%s' has the offset %s".formatted(name, Long.toUnsignedString(offset)));
    }
    return new TensorInfo(name, type, (int) rowLength, (int) rows, offset);
  }

  private long readDimension(String tensor) {
    long at = in.position();
    long size = in.readLong();
    if (size < 1 || size > Integer.MAX_VALUE - 8) {
      throw in.broken(
          at, "tensor '%s' has a dimension of %s".formatted(tensor, Long.toUnsignedString(size)));
    }
    return size;
  }

  /**
   * Without this a small file could claim the same bytes for thousands of tensors and fill the
   * memory.
   */
  private void requireDisjoint(Map<String, TensorInfo> tensors) {
    List<TensorInfo> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparingLong(TensorInfo::offset));
    for (int i = 1; i < ordered.size(); i++) {
      TensorInfo before = ordered.get(i - 1);
      TensorInfo tensor = ordered.get(i);
      if (tensor.offset() < before.end()) {
        throw in.broken(
            tensor.offset(), "tensor '%s' overlaps '%s'".formatted(tensor.name(), before.name()));
      }
    }
  }

  private int readCount(String what, int max) {
    long at = in.position();
    long count = in.readLong();
    if (count < 0 || count > max) {
      throw in.broken(
          at, "%s %s, at most %d are allowed".formatted(Long.toUnsignedString(count), what, max));
    }
    return (int) count;
  }
}
