package io.dgrid.transport.inbound;

import io.dgrid.transport.Channels;
import io.grpc.BinaryLog;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers malformed and oversized requests of every service of a server with a coded failure.
 * Interceptors come too late for that: messages are parsed before them. The only place from which a
 * server lets all its methods be replaced is the binary log's, so this takes it; nothing is logged.
 */
public final class RequestGuard extends BinaryLog {
  private final int limit;
  private final Map<String, MethodDescriptor<?, ?>> guarded = new ConcurrentHashMap<>();

  private RequestGuard(int limit) {
    this.limit = limit;
  }

  /** Guards a server with {@link Channels#MAX_MESSAGE} as the limit. */
  public static void install(ServerBuilder<?> server) {
    install(server, Channels.MAX_MESSAGE);
  }

  /**
   * @param limit bytes of the largest request, as sent and after decompression; no more of one is
   *     ever kept
   */
  static void install(ServerBuilder<?> server, int limit) {
    server
        .setBinaryLog(new RequestGuard(limit))
        .addStreamTracerFactory(new InboundMeter.Factory(limit))
        // The transport's own limit has no words for its refusal.
        .maxInboundMessageSize(Integer.MAX_VALUE);
  }

  @Override
  public <Q, A> ServerMethodDefinition<?, ?> wrapMethodDefinition(
      ServerMethodDefinition<Q, A> definition) {
    MethodDescriptor<Q, A> method = definition.getMethodDescriptor();
    return ServerMethodDefinition.create(
        descriptor(method),
        (call, headers) -> {
          GuardedCall<Q, A> inner = new GuardedCall<>(call, method);
          InboundMeter.watch(() -> inner.refuse(BoundedMarshaller.tooLarge(limit)));
          ServerCall.Listener<Q> service =
              definition.getServerCallHandler().startCall(inner, headers);
          return new GuardedListener<>(service, inner);
        });
  }

  @SuppressWarnings("unchecked")
  private <Q, A> MethodDescriptor<Received<Q>, A> descriptor(MethodDescriptor<Q, A> method) {
    return (MethodDescriptor<Received<Q>, A>)
        guarded.computeIfAbsent(
            method.getFullMethodName(),
            name ->
                method.toBuilder(
                        new BoundedMarshaller<>(method.getRequestMarshaller(), limit),
                        method.getResponseMarshaller())
                    .build());
  }

  @Override
  public Channel wrapChannel(Channel channel) {
    return channel;
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
