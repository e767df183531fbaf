/**
 * The embedded engine: a llama decoder in plain Java that reads GGUF files and gives the same bits
 * on every machine. Only {@link io.dgrid.worker.engine.embedded.EmbeddedEngine}, its configuration
 * and its exception leave this package.
 */
@NullMarked
package io.dgrid.worker.engine.embedded;

import org.jspecify.annotations.NullMarked;
