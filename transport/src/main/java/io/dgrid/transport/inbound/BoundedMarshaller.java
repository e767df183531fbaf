package io.dgrid.transport.inbound;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.transport.inbound.Received.Message;
import io.dgrid.transport.inbound.Received.Unreadable;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * Reads a request without ever throwing: a failure inside a marshaller ends the call before any
 * interceptor sees it, and the caller would learn nothing.
 */
final class BoundedMarshaller<Q> implements Marshaller<Received<Q>> {
  private final Marshaller<Q> messages;
  private final int limit;

  /**
   * @param limit bytes of the largest message, after decompression
   */
  BoundedMarshaller(Marshaller<Q> messages, int limit) {
    this.messages = messages;
    this.limit = limit;
  }

  /** The refusal of a message over the limit; {@code metadata} names it in bytes. */
  static DGridException tooLarge(int limit) {
    return new DGridException(
        ErrorCode.MESSAGE_TOO_LARGE,
        "the message is larger than %d bytes".formatted(limit),
        Map.of("limit", Integer.toString(limit)));
  }

  @Override
  public Received<Q> parse(InputStream stream) {
    try {
      // What the wire holds uncompressed is bounded already and says its length: parsed in place.
      if (stream.available() <= limit && stream instanceof io.grpc.KnownLength) {
        return new Message<>(messages.parse(stream));
      }
      byte[] bytes = stream.readNBytes(limit + 1);
      return bytes.length > limit
          ? new Unreadable<>(tooLarge(limit))
          : new Message<>(messages.parse(new ByteArrayInputStream(bytes)));
    } catch (IOException | StatusRuntimeException malformed) {
      // Also a compressed body that is broken. The cause holds a parser's words, not ours.
      return new Unreadable<>(
          new DGridException(
              ErrorCode.INVALID_REQUEST,
              "the bytes are not a message of this method",
              Map.of(),
              malformed));
    }
  }

  @Override
  public InputStream stream(Received<Q> value) {
    return switch (value) {
      case Message<Q>(Q request) -> messages.stream(request);
      case Unreadable<Q> none -> throw new IllegalArgumentException("no message to write");
    };
  }
}
