package io.dgrid.local.chain;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.contracts.ChainClient;
import io.dgrid.contracts.ContractException;
import io.dgrid.contracts.ContractsDeployer;
import io.dgrid.contracts.Deployment;
import io.dgrid.contracts.DeploymentParameters;
import io.dgrid.contracts.NetworkFunding;
import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a new network finds on its chain: the contracts, a client with a deposit that lets the edges
 * spend for it, and nodes with stake. Done once per data directory, remembered in a file.
 */
public final class ChainSetup {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Duration GRANT_LIFE = Duration.ofDays(365);
  private static final BigInteger DEPOSIT = tokens(1_000);
  private static final BigInteger STAKE = tokens(1_000);
  // Two epochs of four slots, and a spare one.
  private static final int BLOCKS_TO_FINALITY = 12;
  // One thousand ether: gas for whoever sends transactions.
  private static final String GAS_MONEY = "0x" + BigInteger.TEN.pow(21).toString(16);

  private final EvmNode node;
  private final Path file;

  /**
   * @param file remembers the deployment
   */
  public ChainSetup(EvmNode node, Path file) {
    this.node = node;
    this.file = file;
  }

  /**
   * Who takes part. Private keys are 64 hex digits, addresses have the prefix {@code 0x}.
   *
   * @param deployerKey deploys, holds the supply, collects fees
   * @param settler posts batches
   * @param oracle signs verdicts
   * @param clientKey gets a deposit of 1000 tokens
   * @param edges may spend up to the deposit for the client, for a year
   * @param nodes get a stake of 1000 tokens each
   */
  public record Parties(
      String deployerKey,
      String deployer,
      String settler,
      String oracle,
      String clientKey,
      String client,
      List<String> edges,
      List<String> nodes) {
    public Parties {
      edges = List.copyOf(edges);
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * Deploys and funds unless an earlier run did; parties that are new since then are added.
   *
   * @throws LocalNetworkException {@code CHAIN_FAILED} naming the step, or {@code DATA_DIRECTORY}
   *     when the remembered contracts are not on this chain
   */
  public Deployment ensure(Parties parties) {
    try {
      Done done = Files.exists(file) ? read() : new Done(null, Map.of());
      if (done.deployment() != null && !hasCode(done.deployment().settlement())) {
        throw new LocalNetworkException(
            Code.DATA_DIRECTORY,
            file + " names contracts that are not on the chain; use another data directory");
      }
      return mineAtOnce(() -> complete(parties, done));
    } catch (ContractException e) {
      throw new LocalNetworkException(
          Code.CHAIN_FAILED, "setting up the chain: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new LocalNetworkException(Code.DATA_DIRECTORY, file + ": " + e.getMessage(), e);
    }
  }

  private Deployment complete(Parties parties, Done done) throws IOException {
    Map<String, String> funded = new LinkedHashMap<>(done.funded());
    for (String sender : List.of(parties.deployer(), parties.settler(), parties.client())) {
      EvmRpc.call(node.rpcUrl(), "anvil_setBalance", List.of(sender, GAS_MONEY));
    }
    try (ChainClient chain = connect(parties.deployerKey())) {
      Deployment deployment =
          done.deployment() != null
              ? done.deployment()
              : new ContractsDeployer(chain)
                  .deploy(
                      DeploymentParameters.local(
                          parties.deployer(), parties.settler(), List.of(parties.oracle())));
      write(new Done(deployment, funded));
      var funding = new NetworkFunding(chain, deployment);
      for (String address : parties.nodes()) {
        if (funded.putIfAbsent(address, "node") == null) {
          funding.stake(address, STAKE);
        }
      }
      grant(parties, deployment, funded);
      // Last, because facts are told in order: who sees the deposit has seen the grants.
      if (funded.putIfAbsent(parties.client(), "client") == null) {
        funding.deposit(parties.client(), DEPOSIT);
      }
      // Money counts only when final; nobody should wait the real eight seconds for the set-up.
      EvmRpc.call(
          node.rpcUrl(), "anvil_mine", List.of("0x" + Integer.toHexString(BLOCKS_TO_FINALITY)));
      write(new Done(deployment, funded));
      return deployment;
    }
  }

  private void grant(Parties parties, Deployment deployment, Map<String, String> funded) {
    try (ChainClient client = connect(parties.clientKey())) {
      BigInteger expiry = BigInteger.valueOf(Instant.now().plus(GRANT_LIFE).toEpochMilli());
      for (String edge : parties.edges()) {
        if (funded.putIfAbsent(edge, "edge") == null) {
          client.send(
              "granting " + edge,
              client.escrow(deployment).grantKey(edge, DEPOSIT, expiry, new byte[32])::send);
        }
      }
    }
  }

  /**
   * Blocks of one second would make the two dozen transactions of the set-up take as many seconds.
   */
  private Deployment mineAtOnce(Setup setup) throws IOException {
    EvmRpc.call(node.rpcUrl(), "evm_setAutomine", List.of(true));
    try {
      return setup.run();
    } finally {
      EvmRpc.call(node.rpcUrl(), "evm_setIntervalMining", List.of(1));
    }
  }

  private interface Setup {
    Deployment run() throws IOException;
  }

  private ChainClient connect(String privateKey) {
    return ChainClient.connect(URI.create(node.rpcUrl()), privateKey, TIMEOUT);
  }

  private boolean hasCode(String address) {
    String code = EvmRpc.call(node.rpcUrl(), "eth_getCode", List.of(address, "latest")).asText();
    return code.length() > 2;
  }

  private record Done(
      @org.jspecify.annotations.Nullable Deployment deployment, Map<String, String> funded) {}

  private Done read() throws IOException {
    var tree = JSON.readTree(file.toFile());
    Map<String, String> contracts = new LinkedHashMap<>();
    tree.path("contracts")
        .properties()
        .forEach(e -> contracts.put(e.getKey(), e.getValue().asText()));
    Map<String, String> funded = new LinkedHashMap<>();
    tree.path("funded").properties().forEach(e -> funded.put(e.getKey(), e.getValue().asText()));
    return new Done(
        Deployment.of(tree.path("chainId").asLong(), tree.path("deployBlock").asLong(), contracts),
        funded);
  }

  private void write(Done done) throws IOException {
    Deployment deployment = java.util.Objects.requireNonNull(done.deployment());
    ObjectNode tree = JSON.createObjectNode();
    tree.put("chainId", deployment.chainId());
    tree.put("deployBlock", deployment.deployBlock());
    tree.set("contracts", JSON.valueToTree(deployment.addresses()));
    tree.set("funded", JSON.valueToTree(done.funded()));
    Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), "deployment", ".json");
    JSON.writerWithDefaultPrettyPrinter().writeValue(fresh.toFile(), tree);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static BigInteger tokens(long count) {
    return DeploymentParameters.ONE_TOKEN.multiply(BigInteger.valueOf(count));
  }
}
