/** Words for acceptance scenarios: a network, its clients, its workers, their answers and money. */
@NullMarked
package io.dgrid.acceptance.dsl;

import org.jspecify.annotations.NullMarked;
