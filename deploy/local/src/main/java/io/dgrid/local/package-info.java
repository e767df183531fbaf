/**
 * The whole DGrid network on one machine: which processes there are, how they are configured, and
 * the commands that start them. Knows the services only as programs to start, never as code.
 */
@NullMarked
package io.dgrid.local;

import org.jspecify.annotations.NullMarked;
