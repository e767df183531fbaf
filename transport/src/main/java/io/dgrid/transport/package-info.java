/** What every process needs to speak to the others: settings of the signing domain and channels. */
@NullMarked
package io.dgrid.transport;

import org.jspecify.annotations.NullMarked;
