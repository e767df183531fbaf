/** What this machine says of itself: a hint for people, never a claim that pays. */
@NullMarked
package io.dgrid.worker.hardware;

import org.jspecify.annotations.NullMarked;
