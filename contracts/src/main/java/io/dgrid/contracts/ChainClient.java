package io.dgrid.contracts;

import io.dgrid.contracts.ContractException.Code;
import io.dgrid.contracts.generated.DGridToken;
import io.dgrid.contracts.generated.Escrow;
import io.dgrid.contracts.generated.NodeRegistry;
import io.dgrid.contracts.generated.Settlement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Callable;
import okhttp3.OkHttpClient;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.protocol.exceptions.TransactionException;
import org.web3j.protocol.http.HttpService;
import org.web3j.tx.RawTransactionManager;
import org.web3j.tx.TransactionManager;
import org.web3j.tx.gas.ContractGasProvider;
import org.web3j.tx.gas.StaticGasProvider;
import org.web3j.tx.response.PollingTransactionReceiptProcessor;

/**
 * One account on one chain endpoint, for deployment, funding and checks: sends a transaction, waits
 * until it is mined, fails with a {@link ContractException}. Every call blocks, with a bound; not
 * for event loops, and not for the settlement service's durable outbox.
 */
public final class ChainClient implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);

  /** Enough for the largest contract's deployment, within a transaction's 16.78 M limit. */
  private static final BigInteger GAS_LIMIT = BigInteger.valueOf(8_000_000);

  private final Web3j web3j;
  private final Credentials credentials;
  private final long chainId;
  private final TransactionManager transactions;
  private final ContractGasProvider gas;

  private ChainClient(Web3j web3j, Credentials credentials, Duration receiptTimeout) {
    this.web3j = web3j;
    this.credentials = credentials;
    this.chainId = ask(web3j.ethChainId()).getChainId().longValueExact();
    this.gas =
        new StaticGasProvider(ask(web3j.ethGasPrice()).getGasPrice().shiftLeft(1), GAS_LIMIT);
    this.transactions =
        new RawTransactionManager(
            web3j,
            credentials,
            chainId,
            new PollingTransactionReceiptProcessor(
                web3j,
                POLL.toMillis(),
                Math.toIntExact(Math.max(1, receiptTimeout.dividedBy(POLL)))));
  }

  /**
   * Connects to a chain as the holder of {@code privateKey}.
   *
   * @param privateKey 32 bytes, hexadecimal
   * @param timeout bound of one RPC call, and of the wait for a transaction to be mined
   * @throws ContractException with {@code CHAIN_UNREACHABLE} when nothing answers there
   */
  public static ChainClient connect(URI rpc, String privateKey, Duration timeout) {
    OkHttpClient http = new OkHttpClient.Builder().callTimeout(timeout).build();
    Web3j web3j = Web3j.build(new HttpService(rpc.toString(), http));
    try {
      return new ChainClient(web3j, Credentials.create(privateKey), timeout);
    } catch (RuntimeException e) {
      web3j.shutdown();
      throw e;
    }
  }

  /**
   * As {@link #connect}, on a connection that the caller configured; closing this client closes it.
   */
  public static ChainClient of(Web3j web3j, Credentials credentials, Duration receiptTimeout) {
    return new ChainClient(web3j, credentials, receiptTimeout);
  }

  public String address() {
    return credentials.getAddress();
  }

  public long chainId() {
    return chainId;
  }

  public Web3j web3j() {
    return web3j;
  }

  public DGridToken token(Deployment deployment) {
    return DGridToken.load(deployment.token(), web3j, transactions, gas);
  }

  public Escrow escrow(Deployment deployment) {
    return Escrow.load(deployment.escrow(), web3j, transactions, gas);
  }

  public Settlement settlement(Deployment deployment) {
    return Settlement.load(deployment.settlement(), web3j, transactions, gas);
  }

  public NodeRegistry nodeRegistry(Deployment deployment) {
    return NodeRegistry.load(deployment.nodeRegistry(), web3j, transactions, gas);
  }

  /**
   * Runs a wrapper's transaction.
   *
   * @param what names the step in errors
   */
  public TransactionReceipt send(String what, Callable<TransactionReceipt> transaction) {
    return run(what, transaction);
  }

  /** Runs a wrapper's view call; a contract that does not know it is {@code WRONG_CONTRACT}. */
  public <T> T view(String what, Callable<T> call) {
    try {
      return call.call();
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(e);
    } catch (Exception e) {
      throw new ContractException(Code.WRONG_CONTRACT, what + " failed: " + e.getMessage(), e);
    }
  }

  <T> T run(String what, Callable<T> action) {
    try {
      return action.call();
    } catch (IOException | UncheckedIOException e) {
      throw unreachable(e);
    } catch (Exception e) {
      boolean pending =
          e instanceof TransactionException failure && failure.getTransactionReceipt().isEmpty();
      throw new ContractException(
          pending ? Code.TRANSACTION_PENDING : Code.TRANSACTION_FAILED,
          what + " failed: " + e.getMessage(),
          e);
    }
  }

  <T extends Response<?>> T ask(Request<?, T> request) {
    try {
      T response = request.send();
      if (response.hasError()) {
        throw new ContractException(
            Code.CHAIN_UNREACHABLE,
            "the chain refused %s: %s"
                .formatted(request.getMethod(), response.getError().getMessage()));
      }
      return response;
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  TransactionManager transactions() {
    return transactions;
  }

  ContractGasProvider gas() {
    return gas;
  }

  private static ContractException unreachable(Exception cause) {
    return new ContractException(
        Code.CHAIN_UNREACHABLE, "the chain does not answer: " + cause.getMessage(), cause);
  }

  /** Releases the connection. */
  @Override
  public void close() {
    web3j.shutdown();
  }
}
