package io.dgrid.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.identity.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * {@code network.json} of a data directory; see docs and {@code ./dgrid up}. Unknown fields are
 * ignored.
 *
 * @param edges gRPC addresses, {@code host:port}
 * @param schedulers gRPC addresses
 * @param contracts contract name → address
 * @param clientKey file of the client's private key
 */
public record NetworkFile(
    List<String> edges,
    List<String> schedulers,
    Optional<String> rpc,
    Optional<Long> chainId,
    Map<String, Address> contracts,
    Optional<Path> clientKey) {
  private static final String NAME = "network.json";

  /** Nothing is known. */
  static final NetworkFile NONE =
      new NetworkFile(
          List.of(), List.of(), Optional.empty(), Optional.empty(), Map.of(), Optional.empty());

  /** Absent when the directory holds none. */
  static Optional<NetworkFile> find(Path directory) {
    Path file = directory.resolve(NAME);
    return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
  }

  private static NetworkFile read(Path file) {
    try {
      JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
      Map<String, Address> contracts = new TreeMap<>();
      root.path("chain")
          .path("contracts")
          .properties()
          .forEach(e -> contracts.put(e.getKey(), Address.fromHex(e.getValue().asText())));
      return new NetworkFile(
          grpc(root.path("edges")),
          grpc(root.path("schedulers")),
          text(root.path("chain").path("rpc")),
          Optional.of(root.path("chain").path("chainId"))
              .filter(JsonNode::isNumber)
              .map(JsonNode::asLong),
          Map.copyOf(contracts),
          text(root.path("client").path("keyFile"))
              .map(file.toAbsolutePath().getParent()::resolve));
    } catch (IOException | IllegalArgumentException broken) {
      throw new UnreachableException("cannot read " + file + ": " + broken.getMessage(), broken);
    }
  }

  private static List<String> grpc(JsonNode list) {
    List<String> found = new ArrayList<>();
    list.forEach(each -> text(each.path("grpc")).ifPresent(found::add));
    return List.copyOf(found);
  }

  private static Optional<String> text(JsonNode node) {
    return node.isTextual() && !node.asText().isBlank()
        ? Optional.of(node.asText())
        : Optional.empty();
  }
}
