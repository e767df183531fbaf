package io.dgrid.transport.trace;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The W3C header that names a span: {@code 00-<trace id>-<span id>-<flags>}. */
public final class Traceparent {
  /** Name of the record header. */
  public static final String NAME = "traceparent";

  /** Later versions of the header may be longer; nobody keeps more than this for a stranger. */
  private static final int MAX_LENGTH = 128;

  private static final TextMapGetter<String> ITSELF =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
          return List.of(NAME);
        }

        @Override
        public @Nullable String get(@Nullable String traceparent, String key) {
          return NAME.equals(key) ? traceparent : null;
        }
      };

  private Traceparent() {}

  /** A record header's value as text; empty when it is absent or malformed. */
  public static String read(byte @Nullable [] header) {
    if (header == null || header.length > MAX_LENGTH) {
      return "";
    }
    String text = new String(header, StandardCharsets.US_ASCII);
    return parse(text).isValid() ? text : "";
  }

  /** Inverse of {@link #read}. */
  public static byte[] bytes(String traceparent) {
    return traceparent.getBytes(StandardCharsets.US_ASCII);
  }

  /** Invalid when the text is. */
  static SpanContext parse(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return SpanContext.getInvalid();
    }
    Context found = W3CTraceContextPropagator.getInstance().extract(Context.root(), text, ITSELF);
    return Span.fromContext(found).getSpanContext();
  }

  /** Empty for an invalid context. */
  static String format(SpanContext context) {
    return context.isValid()
        ? "00-%s-%s-%s"
            .formatted(context.getTraceId(), context.getSpanId(), context.getTraceFlags().asHex())
        : "";
  }
}
