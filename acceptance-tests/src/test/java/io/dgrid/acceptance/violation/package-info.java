/** Everything here breaks a rule of the house, on purpose: see {@code ArchitectureTest}. */
@NullMarked
package io.dgrid.acceptance.violation;

import org.jspecify.annotations.NullMarked;
