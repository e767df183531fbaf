package io.dgrid.acceptance.violation.edge;

import io.dgrid.acceptance.violation.scheduler.Innocent;

/** One service inside of another one. */
record KnowsTheScheduler(Innocent part) {}
