package io.dgrid.settlement.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import java.util.List;

/** What a contract said in a block, undecoded. */
record ChainLog(
    long blockNumber,
    Hash blockHash,
    int logIndex,
    Address address,
    List<Hash> topics,
    byte[] data,
    Hash transactionHash) {}
