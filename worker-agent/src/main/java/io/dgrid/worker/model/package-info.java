/** The one model this worker serves: its catalogue entry and how prompts become its tokens. */
@NullMarked
package io.dgrid.worker.model;

import org.jspecify.annotations.NullMarked;
