/**
 * One-line starters of the real broker, database and chain for integration tests of every module.
 */
@NullMarked
package io.dgrid.local.testing;

import org.jspecify.annotations.NullMarked;
