package io.dgrid.edge.job;

import io.grpc.Attributes;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Lets endpoints see the {@link Connection} under a call. */
@ApplicationScoped
@GlobalInterceptor
class ConnectionInterceptor
    implements ServerInterceptor, ServerBuilderCustomizer<VertxServerBuilder> {

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    builder.addTransportFilter(
        new ServerTransportFilter() {
          @Override
          public Attributes transportReady(Attributes transport) {
            Connection connection =
                new Connection(peer(transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
            return transport.toBuilder().set(Connection.ATTRIBUTE, connection).build();
          }

          @Override
          public void transportTerminated(Attributes transport) {
            Connection connection = transport.get(Connection.ATTRIBUTE);
            if (connection != null) {
              connection.breaks();
            }
          }
        });
  }

  private static String peer(@Nullable SocketAddress remote) {
    return remote instanceof InetSocketAddress inet
        ? inet.getAddress().getHostAddress()
        : String.valueOf(remote);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Connection connection = call.getAttributes().get(Connection.ATTRIBUTE);
    return connection == null
        ? next.startCall(call, headers)
        : Contexts.interceptCall(Connection.with(connection), call, headers, next);
  }
}
