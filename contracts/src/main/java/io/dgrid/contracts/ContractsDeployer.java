package io.dgrid.contracts;

import io.dgrid.contracts.generated.DGridToken;
import io.dgrid.contracts.generated.Escrow;
import io.dgrid.contracts.generated.NodeRegistry;
import io.dgrid.contracts.generated.Settlement;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.web3j.crypto.ContractUtils;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.tx.Contract;

/**
 * Deploys all contracts and wires their roles. The deployer keeps the admin role and the initial
 * supply.
 *
 * <p>Escrow and Settlement name each other immutably, so Settlement's address is computed from the
 * deployer's next nonces before it exists; should another transaction of the same account come
 * between, Settlement's constructor refuses and nothing is usable.
 */
public final class ContractsDeployer {
  private final ChainClient chain;

  public ContractsDeployer(ChainClient chain) {
    this.chain = chain;
  }

  /**
   * Deploys through an endpoint with one key, see {@link #deploy(DeploymentParameters)}.
   *
   * @param timeout bound of each single call and of each wait for a transaction
   */
  public static Deployment deploy(
      URI rpc, String privateKey, DeploymentParameters parameters, Duration timeout) {
    try (ChainClient chain = ChainClient.connect(rpc, privateKey, timeout)) {
      return new ContractsDeployer(chain).deploy(parameters);
    }
  }

  /**
   * Sends every transaction in order, each after the one before it is mined.
   *
   * @throws ContractException naming the step that failed
   */
  public Deployment deploy(DeploymentParameters parameters) {
    String admin = chain.address();
    long deployBlock = chain.ask(chain.web3j().ethBlockNumber()).getBlockNumber().longValueExact();
    BigInteger nonce =
        chain
            .ask(chain.web3j().ethGetTransactionCount(admin, DefaultBlockParameterName.PENDING))
            .getTransactionCount();
    String settlementAddress =
        ContractUtils.generateContractAddress(admin, nonce.add(BigInteger.TWO));

    var web3j = chain.web3j();
    var sender = chain.transactions();
    var gas = chain.gas();
    DGridToken token =
        chain.run(
            "deploying DGridToken",
            () ->
                DGridToken.deploy(web3j, sender, gas, admin, admin, parameters.initialSupply())
                    .send());
    Escrow escrow =
        chain.run(
            "deploying Escrow",
            () ->
                Escrow.deploy(
                        web3j,
                        sender,
                        gas,
                        admin,
                        token.getContractAddress(),
                        settlementAddress,
                        parameters.treasury(),
                        BigInteger.valueOf(parameters.feeBps()),
                        seconds(parameters.withdrawalLock()),
                        seconds(parameters.revocationGrace()))
                    .send());
    Settlement settlement =
        chain.run(
            "deploying Settlement",
            () ->
                Settlement.deploy(web3j, sender, gas, admin, parameters.settler(), address(escrow))
                    .send());
    NodeRegistry registry =
        chain.run(
            "deploying NodeRegistry",
            () ->
                NodeRegistry.deploy(
                        web3j,
                        sender,
                        gas,
                        admin,
                        address(token),
                        parameters.treasury(),
                        parameters.minimumStake(),
                        seconds(parameters.unbondingPeriod()))
                    .send());
    grant(registry, "oracle", registry.ORACLE_ROLE()::send, parameters.oracles());
    grant(registry, "slasher", registry.SLASHER_ROLE()::send, parameters.slashers());
    return new Deployment(
        chain.chainId(),
        deployBlock,
        address(token),
        address(escrow),
        address(settlement),
        address(registry));
  }

  private void grant(
      NodeRegistry registry, String name, Callable<byte[]> role, List<String> holders) {
    if (holders.isEmpty()) {
      return;
    }
    byte[] id = chain.view("reading the role of a " + name, role);
    for (String holder : holders) {
      chain.send("making %s a %s".formatted(holder, name), registry.grantRole(id, holder)::send);
    }
  }

  private static String address(Contract contract) {
    return contract.getContractAddress();
  }

  private static BigInteger seconds(Duration duration) {
    return BigInteger.valueOf(duration.toSeconds());
  }
}
