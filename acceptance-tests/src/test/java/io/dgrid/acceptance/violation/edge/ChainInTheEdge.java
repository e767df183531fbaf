package io.dgrid.acceptance.violation.edge;

import org.web3j.protocol.Web3j;

/** The chain outside of its adapter. */
record ChainInTheEdge(Web3j chain) {}
