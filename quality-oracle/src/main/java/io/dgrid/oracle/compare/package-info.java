/**
 * The integrity tests T1 to T3 on given numbers. Pure: no clock, no network, no opinion on what
 * follows.
 */
@NullMarked
package io.dgrid.oracle.compare;

import org.jspecify.annotations.NullMarked;
