package io.dgrid.acceptance.dsl;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.JobId;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc.TraceServiceImplBase;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A collector that speaks OTLP over gRPC and keeps the newest spans of all services. */
public final class Spans implements AutoCloseable {
  private static final int MOST = 100_000;

  private final Deque<Step> steps = new ArrayDeque<>();
  private final Server server;

  /** A span as a service exported it; ids in hex, the parent's empty at the root. */
  public record Step(
      String service,
      String name,
      String traceId,
      String spanId,
      String parentId,
      long begin,
      long end,
      Map<String, String> facts) {
    static Step of(String service, Span span) {
      return new Step(
          service,
          span.getName(),
          hex(span.getTraceId()),
          hex(span.getSpanId()),
          hex(span.getParentSpanId()),
          span.getStartTimeUnixNano(),
          span.getEndTimeUnixNano(),
          attributes(span.getAttributesList()));
    }

    private static String hex(ByteString id) {
      return java.util.HexFormat.of().formatHex(id.toByteArray());
    }
  }

  /** All spans of one trace, as far as they have arrived. */
  public record Trace(String id, List<Step> steps) {
    /** The only span of that name. */
    public Optional<Step> find(String service, String name) {
      return steps.stream()
          .filter(s -> s.service().equals(service) && s.name().equals(name))
          .findFirst();
    }

    /** Whether a span hangs on another one, directly or through spans between them. */
    public boolean descends(Step step, Step ancestor) {
      Optional<Step> at = Optional.of(step);
      while (at.isPresent()) {
        String parent = at.get().parentId();
        if (parent.equals(ancestor.spanId())) {
          return true;
        }
        at = steps.stream().filter(s -> s.spanId().equals(parent)).findFirst();
      }
      return false;
    }
  }

  private Spans() {
    try {
      server =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0))
              .addService(new Intake())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Spans collect() {
    return new Spans();
  }

  /** Where services send their spans. */
  String endpoint() {
    return "http://127.0.0.1:" + server.getPort();
  }

  /** The trace of a job, once it holds what the scenario looks for. */
  public Trace waitForTraceOf(JobId job, Predicate<Trace> complete) {
    try {
      return Eventually.comes("whole trace", () -> traceOf(job).filter(complete));
    } catch (AssertionError late) {
      throw new AssertionError(late.getMessage() + "; there is " + traceOf(job), late);
    }
  }

  private synchronized Optional<Trace> traceOf(JobId job) {
    return steps.stream()
        .filter(s -> job.toString().equals(s.facts().get("dgrid.job.id")))
        .findFirst()
        .map(Step::traceId)
        .map(id -> new Trace(id, steps.stream().filter(s -> s.traceId().equals(id)).toList()));
  }

  private synchronized void keep(Step step) {
    if (steps.size() == MOST) {
      steps.removeFirst();
    }
    steps.addLast(step);
  }

  private static Map<String, String> attributes(List<KeyValue> attributes) {
    return attributes.stream()
        .collect(
            Collectors.toMap(
                KeyValue::getKey,
                fact ->
                    fact.getValue().hasStringValue()
                        ? fact.getValue().getStringValue()
                        : String.valueOf(fact.getValue().getIntValue()),
                (first, second) -> second));
  }

  private final class Intake extends TraceServiceImplBase {
    @Override
    public void export(
        ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
      for (ResourceSpans resource : request.getResourceSpansList()) {
        String service =
            attributes(resource.getResource().getAttributesList()).getOrDefault("service.name", "");
        resource.getScopeSpansList().stream()
            .flatMap(scope -> scope.getSpansList().stream())
            .forEach(span -> keep(Step.of(service, span)));
      }
      answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
