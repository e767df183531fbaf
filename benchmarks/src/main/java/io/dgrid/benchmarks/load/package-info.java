/**
 * What the whole network adds to a fixed reply of an engine, against doing the same without it, in
 * one run.
 */
@NullMarked
package io.dgrid.benchmarks.load;

import org.jspecify.annotations.NullMarked;
