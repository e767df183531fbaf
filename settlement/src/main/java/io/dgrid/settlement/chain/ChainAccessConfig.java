package io.dgrid.settlement.chain;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;

/** Where the chain and its contracts are; the Settlement contract is part of the signing domain. */
@ConfigMapping(prefix = "dgrid.chain")
interface ChainAccessConfig {
  /** EIP-155 chain id. */
  long id();

  /** JSON-RPC endpoint over HTTP. */
  URI rpc();

  /** 20 bytes in hex. */
  String settlementAddress();

  /** 20 bytes in hex. */
  String escrowAddress();

  /** 20 bytes in hex. */
  String nodeRegistryAddress();

  /** 20 bytes in hex. */
  String tokenAddress();

  /** The block before the first deployment: facts are read from the next one on. */
  @WithDefault("0")
  long deployBlock();
}
