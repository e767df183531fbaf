/** The worker's side of the session: dialling, proof of the key, one bounded stream each way. */
@NullMarked
package io.dgrid.worker.session;

import org.jspecify.annotations.NullMarked;
