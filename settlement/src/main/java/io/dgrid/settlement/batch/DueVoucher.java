package io.dgrid.settlement.batch;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;

/** The newest accepted voucher of a channel that the chain was not given yet. */
public record DueVoucher(Channel channel, Hash voucherId, TokenAmount cumulative) {}
