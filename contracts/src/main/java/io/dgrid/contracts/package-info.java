/**
 * The contracts as Java sees them: where they are deployed, how to deploy them, and the wrappers
 * generated from the committed ABI. Nothing here signs for a client or decides what to settle.
 */
@NullMarked
package io.dgrid.contracts;

import org.jspecify.annotations.NullMarked;
