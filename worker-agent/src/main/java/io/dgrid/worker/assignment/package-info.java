/**
 * What a scheduler hands to this worker, and the checks it must pass before anything runs. Pure.
 */
@NullMarked
package io.dgrid.worker.assignment;

import org.jspecify.annotations.NullMarked;
