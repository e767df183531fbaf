/**
 * The node's chain of signed receipts and the durable journal that makes it one chain: a receipt is
 * on disk before anyone else sees it.
 */
@NullMarked
package io.dgrid.worker.receipt;

import org.jspecify.annotations.NullMarked;
