/**
 * Jobs on their way through this edge: streams, the relay from schedulers, the log. No money rules
 * and no HTTP here.
 */
@NullMarked
package io.dgrid.edge.job;

import org.jspecify.annotations.NullMarked;
