/**
 * The worker agent: one process of an operator's node, which dials in, drives an engine and signs
 * receipts. This package holds its settings, its start and its end.
 */
@NullMarked
package io.dgrid.worker;

import org.jspecify.annotations.NullMarked;
