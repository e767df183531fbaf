/** What this process needs and whether it has it. */
@NullMarked
package io.dgrid.edge.health;

import org.jspecify.annotations.NullMarked;
