/** API keys, grants, vouchers and what clients may read about themselves. */
@NullMarked
package io.dgrid.edge.account;

import org.jspecify.annotations.NullMarked;
