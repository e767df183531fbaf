package io.dgrid.worker.engine.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads little-endian values one after the other and refuses to go past the end of the file. */
final class GgufCursor {
  private static final int WINDOW = 1 << 16;

  private final ByteSource source;
  private final String file;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowStart;

  GgufCursor(ByteSource source, String file) {
    this.source = source;
    this.file = file;
  }

  long position() {
    return windowStart + window.position();
  }

  long remaining() {
    return source.size() - position();
  }

  int readByte() {
    return require(1).get() & 0xFF;
  }

  short readShort() {
    return require(Short.BYTES).getShort();
  }

  int readInt() {
    return require(Integer.BYTES).getInt();
  }

  long readLong() {
    return require(Long.BYTES).getLong();
  }

  /** A string of at most {@code maxBytes}, strictly UTF-8. */
  String readString(int maxBytes, String what) {
    long at = position();
    long length = readLong();
    if (length < 0 || length > maxBytes) {
      throw broken(
          at,
          "%s has a length of %s, at most %d bytes are allowed"
              .formatted(what, Long.toUnsignedString(length), maxBytes));
    }
    byte[] bytes = new byte[(int) length];
    if (length > remaining()) {
      throw broken(at, "%s of %d bytes runs past the end of the file".formatted(what, length));
    }
    readFully(bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw broken(at, what + " is not UTF-8");
    }
  }

  BrokenModelFileException broken(long at, String problem) {
    return new BrokenModelFileException("%s, byte %d: %s".formatted(file, at, problem));
  }

  private void readFully(byte[] bytes) {
    int done = 0;
    while (done < bytes.length) {
      if (!window.hasRemaining()) {
        fill();
      }
      int count = Math.min(window.remaining(), bytes.length - done);
      window.get(bytes, done, count);
      done += count;
    }
  }

  private ByteBuffer require(int bytes) {
    if (window.remaining() < bytes) {
      if (remaining() < bytes) {
        throw broken(position(), "the file ends in the middle of its header");
      }
      fill();
    }
    return window;
  }

  private void fill() {
    long start = position();
    int size = (int) Math.min(WINDOW, source.size() - start);
    ByteBuffer next = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    try {
      source.read(start, next);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    windowStart = start;
    window = next.flip();
  }
}
