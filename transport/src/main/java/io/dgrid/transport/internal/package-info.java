/** Who may call the services that are not for the public. */
@NullMarked
package io.dgrid.transport.internal;

import org.jspecify.annotations.NullMarked;
