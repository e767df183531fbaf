/** The clients' door of the network: settings, clock, database and what the features share. */
@NullMarked
package io.dgrid.edge;

import org.jspecify.annotations.NullMarked;
