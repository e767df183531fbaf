/**
 * The order books: who offers which model at what price, and who wins a job. Pure and
 * single-threaded; the formula that routes is the formula that is shown.
 */
@NullMarked
package io.dgrid.scheduler.market;

import org.jspecify.annotations.NullMarked;
