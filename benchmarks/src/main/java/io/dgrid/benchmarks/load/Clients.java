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

  private Clients() {}

  /** Bearer secrets of new accounts; their money is there when the chain's end has been read. */
  static List<String> make(LocalNetwork network, int count, Path folder) throws IOException {
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
    return secrets;
  }

  private static ChainClient connect(LocalNetwork network, Path key) throws IOException {
    return ChainClient.connect(
        URI.create(network.chainRpc()), Files.readString(key).strip(), TIMEOUT);
  }
}
