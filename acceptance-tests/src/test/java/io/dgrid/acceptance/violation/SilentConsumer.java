package io.dgrid.acceptance.violation;

/** Does not do what its name says. */
record SilentConsumer(String name) {}
