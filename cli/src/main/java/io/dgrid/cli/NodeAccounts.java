package io.dgrid.cli;

import io.dgrid.cli.chain.StakingClient;
import io.dgrid.cli.client.Network;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a node's key and its accounts on the chain are. */
final class NodeAccounts {
  private NodeAccounts() {}

  static Path keyFile(Connection connection) {
    return Optional.ofNullable(connection.keyFile).orElse(connection.data.resolve("worker.key"));
  }

  static SigningKey key(Connection connection) {
    try {
      return SigningKey.read(keyFile(connection));
    } catch (IOException unreadable) {
      throw new UnreachableException(
          "cannot read the node's key %s: name its file with --key; dgrid worker makes one"
              .formatted(keyFile(connection)),
          unreadable);
    }
  }

  static Optional<URI> rpc(Connection connection, @Nullable URI given) {
    return Optional.ofNullable(given).or(() -> connection.file().rpc().map(URI::create));
  }

  static StakingClient connect(Connection connection, @Nullable URI given) {
    URI endpoint =
        rpc(connection, given)
            .orElseThrow(() -> new UnreachableException("no chain: name its endpoint with --rpc"));
    return connect(endpoint, connection.network());
  }

  static StakingClient connect(URI endpoint, Network network) {
    Address registry =
        Optional.ofNullable(network.contracts().get(Network.NODE_REGISTRY))
            .orElseThrow(
                () -> new UnreachableException("the edge names no " + Network.NODE_REGISTRY));
    return new StakingClient(
        endpoint, network.domain().chainId(), registry, network.domain().settlement());
  }
}
