package io.dgrid.transport.inbound;

import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Guards the process's gRPC server. A service that sets {@code
 * quarkus.grpc.server.max-inbound-message-size} has the transport refuse larger messages itself,
 * without a reason.
 */
@ApplicationScoped
class RequestGuardInstaller implements ServerBuilderCustomizer<VertxServerBuilder> {

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    RequestGuard.install(builder);
  }
}
