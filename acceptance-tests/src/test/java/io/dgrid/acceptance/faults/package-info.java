/**
 * Jobs while everything breaks: a generator asks, a plan of faults breaks processes and links, and
 * a checker proves from clients, topics, ledger and chain that no job and no money was lost or
 * doubled.
 */
@NullMarked
package io.dgrid.acceptance.faults;

import org.jspecify.annotations.NullMarked;
