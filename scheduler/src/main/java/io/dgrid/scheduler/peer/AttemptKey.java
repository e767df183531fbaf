package io.dgrid.scheduler.peer;

import io.dgrid.core.identity.JobId;

/** One try of one job; the number fences. */
record AttemptKey(JobId job, int attempt) {}
