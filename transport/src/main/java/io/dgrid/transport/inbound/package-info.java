/**
 * What a stranger may send as a request: bounded, and refused with a coded failure when it is no
 * message at all. Nothing here knows what a request means.
 */
@NullMarked
package io.dgrid.transport.inbound;

import org.jspecify.annotations.NullMarked;
