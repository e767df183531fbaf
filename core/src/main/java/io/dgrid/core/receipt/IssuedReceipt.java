package io.dgrid.core.receipt;

/**
 * A receipt with the offer whose prices it bills and the request it answers: all that is needed to
 * judge it.
 */
public record IssuedReceipt(
    Signed<Receipt> receipt, Signed<Offer> offer, Signed<JobRequest> request) {}
