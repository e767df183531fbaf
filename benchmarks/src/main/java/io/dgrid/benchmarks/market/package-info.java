/** What matching costs. */
@NullMarked
package io.dgrid.benchmarks.market;

import org.jspecify.annotations.NullMarked;
