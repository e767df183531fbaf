/**
 * Which receipts are replayed: unpredictable before, recomputable after. Pure, except for the store
 * of epoch secrets.
 */
@NullMarked
package io.dgrid.oracle.sample;

import org.jspecify.annotations.NullMarked;
