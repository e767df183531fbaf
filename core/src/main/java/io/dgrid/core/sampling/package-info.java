/**
 * The protocol's sampling: which token a seed and a position pick, and how sure the model was. Pure
 * arithmetic with the same bits on every machine; nothing here knows a model or an engine.
 */
@NullMarked
package io.dgrid.core.sampling;

import org.jspecify.annotations.NullMarked;
