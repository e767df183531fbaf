/**
 * A node's standing as a pure fold over its verdicts. Nothing here knows where verdicts come from.
 */
@NullMarked
package io.dgrid.core.reputation;

import org.jspecify.annotations.NullMarked;
