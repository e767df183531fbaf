package io.dgrid.worker.engine.openai;

import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Server-sent events with bounds on everything a server decides: the length of a line, the bytes of
 * a stream, the time it may take. Not thread-safe.
 */
final class EventReader {
  static final int MAX_EVENT = 1 << 20;

  private static final String DATA = "data:";

  private final InputStream in;
  private final long maxBytes;
  private final long deadline;
  private final byte[] buffer = new byte[8192];
  private int position;
  private int limit;
  private long total;

  /**
   * @param deadline on {@link System#nanoTime}
   */
  EventReader(InputStream in, long maxBytes, long deadline) {
    this.in = in;
    this.maxBytes = maxBytes;
    this.deadline = deadline;
  }

  /**
   * The data of the next event; empty at the end of the stream.
   *
   * @throws EngineException {@link EngineError#BROKEN_OUTPUT} when a bound is passed, {@link
   *     EngineError#TIMEOUT}
   */
  Optional<String> next() throws IOException {
    StringBuilder data = new StringBuilder();
    while (true) {
      Optional<String> line = line();
      if (line.isEmpty()) {
        // An event without its empty line was cut off.
        return Optional.empty();
      }
      String text = line.get();
      if (text.isEmpty()) {
        if (!data.isEmpty()) {
          return Optional.of(data.toString());
        }
      } else if (text.startsWith(DATA)) {
        if (!data.isEmpty()) {
          data.append('\n');
        }
        data.append(text, text.startsWith(DATA + " ") ? 6 : 5, text.length());
        if (data.length() > MAX_EVENT) {
          throw ResponseParser.broken("an event is too long");
        }
      }
    }
  }

  private Optional<String> line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      if (position == limit && !fill()) {
        return Optional.empty();
      }
      int from = position;
      while (position < limit && buffer[position] != '\n') {
        position++;
      }
      line.write(buffer, from, position - from);
      if (line.size() > MAX_EVENT) {
        throw ResponseParser.broken("a line is too long");
      }
      if (position < limit) {
        position++;
        String text = line.toString(StandardCharsets.UTF_8);
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
      }
    }
  }

  private boolean fill() throws IOException {
    if (System.nanoTime() - deadline >= 0) {
      throw new EngineException(EngineError.TIMEOUT, "the server took too long for an answer");
    }
    int read = in.read(buffer);
    if (read < 0) {
      return false;
    }
    total += read;
    if (total > maxBytes) {
      throw ResponseParser.broken("the stream does not end");
    }
    position = 0;
    limit = read;
    return true;
  }
}
