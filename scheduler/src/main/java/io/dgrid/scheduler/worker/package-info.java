/**
 * Sessions of workers: handshake, checks of everything a worker signs, and flow control. What is
 * said goes to the owner of the jobs as checked domain values.
 */
@NullMarked
package io.dgrid.scheduler.worker;

import org.jspecify.annotations.NullMarked;
