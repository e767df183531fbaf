package io.dgrid.cli.client;

import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;

/**
 * How far a session key may have taken a channel.
 *
 * @param settled paid in the channel so far, whoever signed
 * @param remaining what the key can still spend; zero when its grant is over
 */
record KeyAllowance(Address key, TokenAmount settled, TokenAmount remaining) {}
