package io.dgrid.benchmarks.load;

import io.dgrid.contracts.ChainClient;
import io.dgrid.contracts.NetworkFunding;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.local.ApiKeyClient;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.NetworkFile;
import io.dgrid.local.chain.EvmRpc;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Accounts with money of their own, a grant to the first edge, and an API key. */
final class Clients {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final BigInteger DEPOSIT = BigInteger.TEN.pow(20);
  private static final String GAS_MONEY = "0x" + BigInteger.TEN.pow(27).toString(16);
  private static final int BLOCKS_TO_FINALITY = 16;
  private static final int OK = 200;

  /** For an edge to read the chain to where a grant is final. */
  private static final Duration TAKING = Duration.ofSeconds(60);

  private static final long LOOK_MILLIS = 250;

  private Clients() {}

  /**
   * Bearer secrets of new accounts. The first edge takes them all.
   *
   * @throws IllegalStateException with its last answer when it does not, after a minute
   */
  static List<String> make(LocalNetwork network, int count, Path folder)
      throws IOException, InterruptedException {
    NetworkFile description = network.describe();
    Domain domain =
        new Domain(
            network.contracts().chainId(), Address.fromHex(network.contracts().settlement()));
    BigInteger expiry = BigInteger.valueOf(Instant.now().plus(Duration.ofDays(1)).toEpochMilli());
    String edge = network.keys().address("edge-0").toString();
    EvmRpc.call(
        network.chainRpc(),
        "anvil_setBalance",
        List.of(network.keys().address("deployer").toString(), GAS_MONEY));
    List<String> secrets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path file = folder.resolve("client-" + i + ".key");
      SigningKey key = SigningKey.readOrCreate(file);
      String address = key.address().toString();
      EvmRpc.call(network.chainRpc(), "anvil_setBalance", List.of(address, GAS_MONEY));
      try (ChainClient deployer = connect(network, network.keys().file("deployer"))) {
        new NetworkFunding(deployer, network.contracts()).deposit(address, DEPOSIT);
      }
      try (ChainClient client = connect(network, file)) {
        client.send(
            "granting",
            client.escrow(network.contracts()).grantKey(edge, DEPOSIT, expiry, new byte[32])::send);
      }
      secrets.add(ApiKeyClient.create(description.edges().getFirst().grpc(), key, domain));
    }
    EvmRpc.call(
        network.chainRpc(), "anvil_mine", List.of("0x" + Integer.toHexString(BLOCKS_TO_FINALITY)));
    waitUntilTaken(URI.create(description.edges().getFirst().http()), secrets);
    return secrets;
  }

  private static void waitUntilTaken(URI edge, List<String> secrets)
      throws IOException, InterruptedException {
    long until = System.nanoTime() + TAKING.toNanos();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int client = 0; client < secrets.size(); client++) {
        HttpResponse<String> answer = ask(http, edge, secrets.get(client));
        while (answer.statusCode() != OK) {
          if (System.nanoTime() > until) {
            throw new IllegalStateException(
                "after %d s the edge does not take the key of client %d of %d: %d %s"
                    .formatted(
                        TAKING.toSeconds(),
                        client + 1,
                        secrets.size(),
                        answer.statusCode(),
                        answer.body()));
          }
          Thread.sleep(LOOK_MILLIS);
          answer = ask(http, edge, secrets.get(client));
        }
      }
    }
  }

  /** A short question: only an answer shows that the edge knows grant and deposit. */
  private static HttpResponse<String> ask(HttpClient http, URI edge, String secret)
      throws IOException, InterruptedException {
    String body =
        "{\"model\":\"%s\",\"prompt\":\"What is DGrid?\",\"max_tokens\":1}".formatted(Load.MODEL);
    return http.send(
        HttpRequest.newBuilder(edge.resolve("/v1/completions"))
            .timeout(TIMEOUT)
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + secret)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static ChainClient connect(LocalNetwork network, Path key) throws IOException {
    return ChainClient.connect(
        URI.create(network.chainRpc()), Files.readString(key).strip(), TIMEOUT);
  }
}
