/** What auditors ask of a node: openings of its own receipts, scores of others'. */
@NullMarked
package io.dgrid.worker.audit;

import org.jspecify.annotations.NullMarked;
