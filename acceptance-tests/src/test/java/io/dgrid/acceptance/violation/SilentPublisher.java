package io.dgrid.acceptance.violation;

/** Does not do what its name says. */
record SilentPublisher(String name) {}
