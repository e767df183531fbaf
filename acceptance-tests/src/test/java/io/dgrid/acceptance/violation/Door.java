package io.dgrid.acceptance.violation;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;

/** A gRPC service that does not say so. */
class Door implements BindableService {
  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder("door").build();
  }
}
