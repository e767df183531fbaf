package io.dgrid.cli.client;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/**
 * A voucher that an edge took.
 *
 * @param cumulative the channel's total after it
 * @param receipts receipts covered by the channel so far
 */
public record Confirmation(Address node, Hash voucherHash, TokenAmount cumulative, long receipts) {}
