package io.dgrid.oracle.sample;

/** A receipt waits for its replay. */
public record ReplayParked() {}
