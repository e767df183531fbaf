package io.dgrid.acceptance.violation.core;

import io.grpc.Status;

/** A pure rule that knows a framework. */
record FramedCore(Status status) {}
