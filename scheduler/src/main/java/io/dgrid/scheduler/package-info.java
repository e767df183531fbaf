/** The scheduler process: settings shared by its features. */
@NullMarked
package io.dgrid.scheduler;

import org.jspecify.annotations.NullMarked;
