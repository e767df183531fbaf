/**
 * The only package that speaks to the chain: follows its blocks, sends batches, publishes final
 * facts.
 */
@NullMarked
package io.dgrid.settlement.chain;

import org.jspecify.annotations.NullMarked;
