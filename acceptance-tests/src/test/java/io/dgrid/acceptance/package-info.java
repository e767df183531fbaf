/**
 * The promises of the network, one class each, told in the words of {@code
 * io.dgrid.acceptance.dsl}. Every class leaves the network as it found it.
 */
@NullMarked
package io.dgrid.acceptance;

import org.jspecify.annotations.NullMarked;
