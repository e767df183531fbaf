package io.dgrid.contracts;

import static java.util.Objects.requireNonNull;

import io.dgrid.contracts.ContractException.Code;
import java.util.LinkedHashMap;
import java.util.Map;
import org.web3j.crypto.Keys;
import org.web3j.crypto.WalletUtils;

/**
 * Where one set of contracts lives. Addresses are kept in EIP-55 form.
 *
 * @param chainId the chain's id
 * @param deployBlock the block before the first deployment: logs of these contracts are never older
 */
public record Deployment(
    long chainId,
    long deployBlock,
    String token,
    String escrow,
    String settlement,
    String nodeRegistry) {
  public static final String TOKEN = "DGridToken";
  public static final String ESCROW = "Escrow";
  public static final String SETTLEMENT = "Settlement";
  public static final String NODE_REGISTRY = "NodeRegistry";

  public Deployment {
    if (chainId <= 0 || deployBlock < 0) {
      throw new IllegalArgumentException(
          "chain id must be positive and deploy block not negative: %d, %d"
              .formatted(chainId, deployBlock));
    }
    token = address(TOKEN, token);
    escrow = address(ESCROW, escrow);
    settlement = address(SETTLEMENT, settlement);
    nodeRegistry = address(NODE_REGISTRY, nodeRegistry);
  }

  /** The deployment described by contract name → address, as {@link #addresses()} writes it. */
  public static Deployment of(long chainId, long deployBlock, Map<String, String> addresses) {
    return new Deployment(
        chainId,
        deployBlock,
        named(addresses, TOKEN),
        named(addresses, ESCROW),
        named(addresses, SETTLEMENT),
        named(addresses, NODE_REGISTRY));
  }

  /** Contract name → address, in a fixed order. */
  public Map<String, String> addresses() {
    var addresses = new LinkedHashMap<String, String>();
    addresses.put(TOKEN, token);
    addresses.put(ESCROW, escrow);
    addresses.put(SETTLEMENT, settlement);
    addresses.put(NODE_REGISTRY, nodeRegistry);
    return addresses;
  }

  private static String named(Map<String, String> addresses, String name) {
    String address = addresses.get(name);
    if (address == null) {
      throw new ContractException(
          Code.INVALID_PARAMETER, "no address given for the contract " + name);
    }
    return address;
  }

  private static String address(String name, String address) {
    requireNonNull(address, name);
    if (!address.startsWith("0x") || !WalletUtils.isValidAddress(address)) {
      throw new ContractException(
          Code.INVALID_PARAMETER, "%s: '%s' is not an address".formatted(name, address));
    }
    return Keys.toChecksumAddress(address);
  }
}
