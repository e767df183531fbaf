package io.dgrid.transport;

import io.smallrye.config.ConfigMapping;

/** The signing domain every process of a network shares. */
@ConfigMapping(prefix = "dgrid.chain")
public interface ChainConfig {
  /** EIP-155 chain id. */
  long id();

  /** Address of the Settlement contract, 20 bytes in hex. */
  String settlementAddress();
}
