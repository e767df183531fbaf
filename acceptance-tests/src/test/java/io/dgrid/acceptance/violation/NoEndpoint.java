package io.dgrid.acceptance.violation;

/** Says that it is a gRPC service. */
record NoEndpoint(String name) {}
