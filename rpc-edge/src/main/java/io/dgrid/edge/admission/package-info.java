/**
 * Whether a request may become a job: every rule in its order, and the one transaction that
 * accepts.
 */
@NullMarked
package io.dgrid.edge.admission;

import org.jspecify.annotations.NullMarked;
