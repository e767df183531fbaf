/**
 * The border to whatever runs the model: requests in token ids or text, output in positions, one
 * exception type. Knows no session, lease or receipt.
 */
@NullMarked
package io.dgrid.worker.engine;

import org.jspecify.annotations.NullMarked;
