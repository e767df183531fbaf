/**
 * The {@code dgrid} command: terminals, files and exit codes around {@code client} and {@code
 * proof}.
 */
@NullMarked
package io.dgrid.cli;

import org.jspecify.annotations.NullMarked;
