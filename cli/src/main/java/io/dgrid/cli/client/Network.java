package io.dgrid.cli.client;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.proto.market.v1.GetNetworkResponse;
import io.dgrid.transport.codec.Wire;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client must know to sign, as an edge states it.
 *
 * @param contracts contract name → address
 * @param edgeKey the key by which the edge confirms API-key jobs; zero when it has none
 * @param oracle zero when the network has none
 * @param feeBasisPoints protocol fee of each payment
 */
public record Network(
    Domain domain,
    Map<String, Address> contracts,
    Address edgeKey,
    Address oracle,
    int feeBasisPoints) {
  public static final String SETTLEMENT = "Settlement";
  public static final String ESCROW = "Escrow";
  public static final String NODE_REGISTRY = "NodeRegistry";

  public Network {
    contracts = Map.copyOf(contracts);
  }

  static Network fromWire(GetNetworkResponse wire) {
    Map<String, Address> contracts = new TreeMap<>();
    wire.getContractsMap()
        .forEach((name, address) -> contracts.put(name, Wire.address(address, name)));
    Address settlement = contracts.get(SETTLEMENT);
    if (settlement == null || wire.getChainId() <= 0) {
      throw new DGridException(ErrorCode.INVALID_REQUEST, "the edge names no chain to sign for");
    }
    return new Network(
        new Domain(wire.getChainId(), settlement),
        contracts,
        optional(wire.getEdgeKey(), "edge_key"),
        optional(wire.getOracle(), "oracle"),
        wire.getFeeBasisPoints());
  }

  private static Address optional(com.google.protobuf.ByteString bytes, String field) {
    return bytes.isEmpty() ? Address.ZERO : Wire.address(bytes, field);
  }
}
