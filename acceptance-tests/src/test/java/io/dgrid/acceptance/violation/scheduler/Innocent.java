package io.dgrid.acceptance.violation.scheduler;

/** Breaks nothing by itself. */
public record Innocent(String name) {}
