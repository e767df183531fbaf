package io.dgrid.contracts;

import io.dgrid.contracts.ContractException.Code;
import io.dgrid.contracts.generated.DGridToken;
import io.dgrid.contracts.generated.Escrow;
import io.dgrid.contracts.generated.NodeRegistry;
import io.dgrid.contracts.generated.Settlement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import org.web3j.crypto.Keys;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.tx.gas.DefaultGasProvider;
import org.web3j.utils.Numeric;

/**
 * Finds out at start, and by name, when a configured contract address is wrong, instead of at the
 * first payment.
 */
public final class DeploymentCheck {
  private static final String NOBODY = "0x0000000000000000000000000000000000000000";

  private DeploymentCheck() {}

  /**
   * Checks chain id, that code is at every address, and that the contracts name each other.
   *
   * @throws ContractException {@code WRONG_CHAIN}, {@code NO_CONTRACT} or {@code WRONG_CONTRACT},
   *     naming the contract and its address; {@code CHAIN_UNREACHABLE} when the endpoint does not
   *     answer
   */
  public static void verify(Web3j web3j, Deployment deployment) {
    long chainId = Numeric.decodeQuantity(ask(web3j.ethChainId())).longValueExact();
    if (chainId != deployment.chainId()) {
      throw new ContractException(
          Code.WRONG_CHAIN,
          "the endpoint serves chain %d, the deployment is on chain %d"
              .formatted(chainId, deployment.chainId()));
    }
    deployment.addresses().forEach((name, address) -> requireCode(web3j, name, address));

    var reader = new ReadonlyTransactionManager(web3j, NOBODY);
    var gas = new DefaultGasProvider();
    var token = DGridToken.load(deployment.token(), web3j, reader, gas);
    var escrow = Escrow.load(deployment.escrow(), web3j, reader, gas);
    var settlement = Settlement.load(deployment.settlement(), web3j, reader, gas);
    var registry = NodeRegistry.load(deployment.nodeRegistry(), web3j, reader, gas);
    requireEqual(Deployment.TOKEN, deployment.token(), "symbol", "DGRID", token.symbol()::send);
    // What only this contract has, so that a swapped address is blamed, not the contract that names
    // it.
    requireAnswer(
        Deployment.ESCROW, deployment.escrow(), "withdrawalLock", escrow.withdrawalLock()::send);
    requireAnswer(
        Deployment.SETTLEMENT,
        deployment.settlement(),
        "batchCount",
        settlement.batchCount()::send);
    requireAnswer(
        Deployment.NODE_REGISTRY,
        deployment.nodeRegistry(),
        "minimumStake",
        registry.minimumStake()::send);
    requireAddress(
        Deployment.ESCROW, deployment.escrow(), "token", deployment.token(), escrow.token()::send);
    requireAddress(
        Deployment.ESCROW,
        deployment.escrow(),
        "settlement",
        deployment.settlement(),
        escrow.settlement()::send);
    requireAddress(
        Deployment.SETTLEMENT,
        deployment.settlement(),
        "escrow",
        deployment.escrow(),
        settlement.escrow()::send);
    requireAddress(
        Deployment.NODE_REGISTRY,
        deployment.nodeRegistry(),
        "token",
        deployment.token(),
        registry.token()::send);
  }

  private static void requireCode(Web3j web3j, String name, String address) {
    String code = ask(web3j.ethGetCode(address, DefaultBlockParameterName.LATEST));
    if (code.length() <= 2) {
      throw new ContractException(
          Code.NO_CONTRACT, "there is no contract at %s (%s)".formatted(address, name));
    }
  }

  private static void requireAddress(
      String name, String address, String property, String expected, Callable<String> actual) {
    requireEqual(name, address, property, expected, () -> Keys.toChecksumAddress(actual.call()));
  }

  private static void requireEqual(
      String name, String address, String property, String expected, Callable<String> actual) {
    String found = requireAnswer(name, address, property, actual);
    if (!expected.equals(found)) {
      throw new ContractException(
          Code.WRONG_CONTRACT,
          "the contract at %s is not the expected %s: its %s is %s, not %s"
              .formatted(address, name, property, found, expected));
    }
  }

  private static <T> T requireAnswer(
      String name, String address, String property, Callable<T> call) {
    try {
      return call.call();
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(e);
    } catch (Exception e) {
      throw new ContractException(
          Code.WRONG_CONTRACT,
          "the contract at %s is not %s: it does not answer %s".formatted(address, name, property),
          e);
    }
  }

  private static <T, R extends Response<T>> T ask(Request<?, R> request) {
    try {
      R response = request.send();
      if (response.hasError()) {
        throw new ContractException(
            Code.CHAIN_UNREACHABLE,
            "the chain refuses %s: %s"
                .formatted(request.getMethod(), response.getError().getMessage()));
      }
      return response.getResult();
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(e);
    }
  }

  private static ContractException unreachable(Exception cause) {
    return new ContractException(
        Code.CHAIN_UNREACHABLE, "the chain does not answer: " + cause.getMessage(), cause);
  }
}
