package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Hash;

/**
 * @param timestamp Unix seconds
 */
record BlockHeader(long number, Hash hash, Hash parent, long timestamp) {}
