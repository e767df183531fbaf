/**
 * How schedulers share workers: who owns which partition, and for every worker connected here the
 * streams to the owners of its models elsewhere. Knows nothing of the jobs themselves.
 */
@NullMarked
package io.dgrid.scheduler.peer;

import org.jspecify.annotations.NullMarked;
