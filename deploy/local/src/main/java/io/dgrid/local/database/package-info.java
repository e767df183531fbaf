/** The embedded PostgreSQL server, durable like a real one. */
@NullMarked
package io.dgrid.local.database;

import org.jspecify.annotations.NullMarked;
