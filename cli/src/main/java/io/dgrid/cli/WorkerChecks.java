package io.dgrid.cli;

import io.dgrid.cli.chain.StakingClient;
import io.dgrid.cli.client.Network;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.BrokenCatalogueException;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.transport.codec.Wire;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a guest needs before its worker can earn anything, each lack with what to do about it. */
final class WorkerChecks {
  private static final int CONNECT_MILLIS = 3_000;

  private final Output output;
  private final Connection connection;

  WorkerChecks(Output output, Connection connection) {
    this.output = output;
    this.connection = connection;
  }

  /** The network knows the model, and the folder here is that very model. */
  void requireModel(Path folder, String name, String engine) {
    ModelId wanted = Wire.modelId(connection.edge().model(name).getModelId());
    CatalogueEntry entry = entry(folder, name);
    if (!entry.manifest().id().equals(wanted)) {
      throw new DGridException(
          ErrorCode.UNKNOWN_MODEL,
          "%s holds another %s (%s) than the network's (%s): get the network's files"
              .formatted(entry.directory(), name, entry.manifest().id(), wanted));
    }
    Path weights = entry.directory().resolve("model.gguf");
    if (engine.equalsIgnoreCase("embedded") && !Files.isRegularFile(weights)) {
      throw new UnreachableException(
          "no weights: the embedded engine reads " + weights + ", which is not there");
    }
  }

  private static CatalogueEntry entry(Path folder, String name) {
    try {
      return Catalogue.read(folder)
          .find(name)
          .orElseThrow(
              () ->
                  new UnreachableException(
                      "the catalogue %s has no model %s: put its folder (manifest.json, tokenizer.json, weights) there, or name another folder with --catalogue"
                          .formatted(folder, name)));
    } catch (BrokenCatalogueException broken) {
      throw new UnreachableException(
          broken.getMessage() + "; name the folder with --catalogue", broken);
    }
  }

  /** The node's address; a guest without a key gets one. */
  Address nodeOf(Path keyFile) {
    boolean fresh = !Files.exists(keyFile);
    try {
      Address node = SigningKey.readOrCreate(keyFile).address();
      if (fresh) {
        output.note("made the node's key " + keyFile + ": keep a copy, it is all the node has");
      }
      output.note("node " + node);
      return node;
    } catch (IOException unreadable) {
      throw new UnreachableException(String.valueOf(unreadable.getMessage()), unreadable);
    }
  }

  /** A node below the registry's minimum, or in jail, would wait for jobs in vain. */
  void requireStake(Optional<URI> rpc, Network network, Address node) {
    if (rpc.isEmpty()) {
      output.note("stake not checked: name the chain's endpoint with --rpc");
      return;
    }
    StakingClient.Standing standing = NodeAccounts.connect(rpc.get(), network).standing(node);
    if (!standing.missing().isZero()) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED,
          "node %s has %s at stake, the registry asks for %s: stake the rest with dgrid node --stake %s, from any account: --key FILE --node %s"
              .formatted(
                  node,
                  standing.stake().display(),
                  standing.minimum().display(),
                  standing.missing().display().replace(" DGRID", ""),
                  node));
    }
    Instant free = Instant.ofEpochSecond(standing.jailedUntil());
    if (free.isAfter(Instant.now())) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED, "node %s is jailed until %s".formatted(node, free));
    }
  }

  /** One of them is enough: the agent tries the others when a session is lost. */
  static void requireAnswer(List<String> schedulers) {
    for (String target : schedulers) {
      if (answers(target)) {
        return;
      }
    }
    throw new UnreachableException(
        "no scheduler answers: " + String.join(", ", schedulers) + "; check --scheduler");
  }

  private static boolean answers(String target) {
    int colon = target.lastIndexOf(':');
    if (colon < 1) {
      throw new UnreachableException("a scheduler is HOST:PORT, not " + target);
    }
    try (Socket socket = new Socket()) {
      int port = Integer.parseInt(target.substring(colon + 1));
      socket.connect(new InetSocketAddress(target.substring(0, colon), port), CONNECT_MILLIS);
      return true;
    } catch (IOException silent) {
      return false;
    } catch (IllegalArgumentException noPort) {
      throw new UnreachableException("a scheduler is HOST:PORT, not " + target);
    }
  }
}
