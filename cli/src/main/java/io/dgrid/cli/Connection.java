package io.dgrid.cli;

import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.MemoryFolder;
import io.dgrid.cli.client.Network;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every command that speaks to a network. */
final class Connection implements AutoCloseable {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Data directory of the network, with its network.json (default: .dgrid).")
  Path data = Path.of(".dgrid");

  @Option(
      names = "--edge",
      paramLabel = "HOST:PORT",
      description = "Edge to speak to instead of those in network.json.")
  @Nullable String edge;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "The client's private key instead of the one in network.json.")
  @Nullable Path keyFile;

  @Option(names = "--json", description = "Print one JSON document for programs.")
  boolean json;

  private final List<EdgeClient> opened = new ArrayList<>();
  private @Nullable NetworkFile file;

  /** What network.json says; nothing when there is none. */
  NetworkFile file() {
    if (file == null) {
      file = NetworkFile.find(data).orElse(NetworkFile.NONE);
    }
    return file;
  }

  /** Every edge of the network; the first is asked first. */
  List<EdgeClient> edges() {
    if (opened.isEmpty()) {
      List<String> targets = edge == null ? file().edges() : List.of(edge);
      if (targets.isEmpty()) {
        throw new UnreachableException(
            "no network: "
                + data.resolve("network.json")
                + " is not there; start one with ./dgrid up, or name an edge with --edge");
      }
      targets.forEach(target -> opened.add(new EdgeClient(target)));
    }
    return opened;
  }

  EdgeClient edge() {
    return edges().getFirst();
  }

  /** The first edge's network, which must be the one of network.json. */
  Network network() {
    Network stated = edge().network();
    file()
        .chainId()
        .filter(id -> id != stated.domain().chainId())
        .ifPresent(id -> refuse("chain " + stated.domain().chainId(), "chain " + id));
    Optional.ofNullable(file().contracts().get(Network.SETTLEMENT))
        .filter(address -> !address.equals(stated.domain().settlement()))
        .ifPresent(address -> refuse(describe(stated.domain().settlement()), describe(address)));
    return stated;
  }

  private void refuse(String stated, String known) {
    throw new UnreachableException(
        "%s signs for %s, but %s says %s: not the same network"
            .formatted(edge().target(), stated, data.resolve("network.json"), known));
  }

  private static String describe(Address settlement) {
    return "the Settlement contract " + settlement;
  }

  private Path keyPath() {
    return Optional.ofNullable(keyFile)
        .or(() -> file().clientKey())
        .orElseThrow(() -> new UnreachableException("no client key: name its file with --key"));
  }

  /** What the client signed before in this network; kept next to its key. */
  MemoryFolder memory(Network network, SigningKey key) {
    return MemoryFolder.nextTo(keyPath(), network.domain(), key.address());
  }

  SigningKey key() {
    try {
      return SigningKey.read(keyPath());
    } catch (IOException unreadable) {
      throw new UnreachableException(unreadable.getMessage(), unreadable);
    }
  }

  @Override
  public void close() {
    opened.forEach(EdgeClient::close);
  }
}
