/**
 * Pure rules: when a batch closes, which bytes it has, what a voucher covers. No database, no
 * clock, no chain.
 */
@NullMarked
package io.dgrid.settlement.batch;

import org.jspecify.annotations.NullMarked;
