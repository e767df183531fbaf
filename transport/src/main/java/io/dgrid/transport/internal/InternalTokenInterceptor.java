package io.dgrid.transport.internal;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.dgrid.proto.quality.v1.QualityServiceGrpc;
import io.dgrid.proto.settlement.v1.SettlementServiceGrpc;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.PeerServiceGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Lets only the network's own services call the internal ones. */
@ApplicationScoped
@GlobalInterceptor
public class InternalTokenInterceptor implements ServerInterceptor {
  private static final Set<String> INTERNAL =
      Set.of(
          RelayServiceGrpc.SERVICE_NAME,
          FleetServiceGrpc.SERVICE_NAME,
          PeerServiceGrpc.SERVICE_NAME,
          SettlementServiceGrpc.SERVICE_NAME,
          QualityServiceGrpc.SERVICE_NAME);

  private final InternalToken token;

  InternalTokenInterceptor(InternalToken token) {
    this.token = token;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (INTERNAL.contains(call.getMethodDescriptor().getServiceName())
        && !token.admits(headers.get(InternalToken.HEADER))) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED, "this service is internal to the network");
    }
    return next.startCall(call, headers);
  }
}
