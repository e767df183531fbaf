/** Audit bundles: their canonical file, and every check anyone can make on one. */
@NullMarked
package io.dgrid.cli.proof;

import org.jspecify.annotations.NullMarked;
