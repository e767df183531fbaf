package io.dgrid.settlement.chain;

import io.dgrid.contracts.ContractException;
import io.dgrid.contracts.Deployment;
import io.dgrid.contracts.DeploymentCheck;
import io.dgrid.contracts.generated.Escrow;
import io.dgrid.contracts.generated.NodeRegistry;
import io.dgrid.contracts.generated.Settlement;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Hex;
import io.dgrid.settlement.chain.ChainException.Code;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Uint128;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.core.methods.request.EthFilter;
import org.web3j.protocol.core.methods.request.Transaction;
import org.web3j.protocol.core.methods.response.EthBlock;
import org.web3j.protocol.core.methods.response.EthLog;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.protocol.http.HttpService;

/**
 * The few JSON-RPC questions settlement asks. Every call blocks, at most for the configured
 * timeout; never on an event loop.
 */
final class ChainRpc implements AutoCloseable {
  private static final String TRUE = "0x" + "0".repeat(63) + "1";

  private final Web3j web3j;
  private final Deployment deployment;

  ChainRpc(URI endpoint, Deployment deployment, Duration timeout) {
    this.web3j =
        Web3j.build(
            new HttpService(
                endpoint.toString(), new OkHttpClient.Builder().callTimeout(timeout).build()));
    this.deployment = deployment;
  }

  /** What a simulated call did. */
  sealed interface Simulation {
    record Passes() implements Simulation {}

    /**
     * @param data custom error as the contract encoded it, {@code 0x…}; empty when there is none
     */
    record Reverts(String message, String data) implements Simulation {}
  }

  /** What a node said to a transaction. */
  record Submission(boolean taken, String message) {}

  /** What became of a mined transaction. */
  record Outcome(boolean succeeded, long gasUsed) {}

  /**
   * Fees of the newest block: what it burns per gas, and what it takes to be mined soon, in wei.
   */
  record Fees(BigInteger base, BigInteger priority) {}

  /**
   * Chain id, code and wiring of every contract.
   *
   * @throws ChainException that names what is wrong
   */
  void verify() {
    try {
      DeploymentCheck.verify(web3j, deployment);
    } catch (ContractException e) {
      Code code =
          switch (e.code()) {
            case WRONG_CHAIN -> Code.WRONG_CHAIN;
            case NO_CONTRACT, WRONG_CONTRACT -> Code.WRONG_CONTRACT;
            default -> Code.UNREACHABLE;
          };
      String correct =
          switch (code) {
            case WRONG_CHAIN -> "; correct dgrid.chain.id or dgrid.chain.rpc";
            case WRONG_CONTRACT -> "; correct the dgrid.chain.*-address settings";
            case UNREACHABLE, REFUSED, OTHER_DEPLOYMENT, FINALITY_BROKEN -> "";
          };
      throw new ChainException(code, e.getMessage() + correct, e);
    }
  }

  Optional<BlockHeader> header(long number) {
    return header(DefaultBlockParameter.valueOf(BigInteger.valueOf(number)));
  }

  BlockHeader head() {
    return header(DefaultBlockParameterName.LATEST)
        .orElseThrow(() -> new ChainException(Code.REFUSED, "the chain has no latest block"));
  }

  /** Empty while the chain has no final block yet. */
  Optional<BlockHeader> finalised() {
    return header(DefaultBlockParameterName.FINALIZED);
  }

  private Optional<BlockHeader> header(DefaultBlockParameter which) {
    EthBlock.@Nullable Block block = ask(web3j.ethGetBlockByNumber(which, false)).getBlock();
    return Optional.ofNullable(block)
        .map(
            b ->
                new BlockHeader(
                    b.getNumber().longValueExact(),
                    Hash.fromHex(b.getHash()),
                    Hash.fromHex(b.getParentHash()),
                    b.getTimestamp().longValueExact()));
  }

  /** Logs of our contracts in exactly this block, whatever becomes of its number. */
  List<ChainLog> logs(Hash block) {
    List<String> contracts = contracts();
    return logs(
        new EthFilter(block.toString()) {
          // The library's own filter by block hash takes one contract only.
          @Override
          public List<String> getAddress() {
            return contracts;
          }
        });
  }

  /** Logs of our contracts in a range that is final. */
  List<ChainLog> logs(long from, long to) {
    return logs(
        new EthFilter(
            DefaultBlockParameter.valueOf(BigInteger.valueOf(from)),
            DefaultBlockParameter.valueOf(BigInteger.valueOf(to)),
            contracts()));
  }

  private List<String> contracts() {
    return List.of(deployment.escrow(), deployment.settlement(), deployment.nodeRegistry());
  }

  private List<ChainLog> logs(EthFilter filter) {
    List<ChainLog> logs = new ArrayList<>();
    for (EthLog.LogResult<?> result : ask(web3j.ethGetLogs(filter)).getLogs()) {
      Log log = (Log) result.get();
      logs.add(
          new ChainLog(
              log.getBlockNumber().longValueExact(),
              Hash.fromHex(log.getBlockHash()),
              log.getLogIndex().intValueExact(),
              Address.fromHex(log.getAddress()),
              log.getTopics().stream().map(Hash::fromHex).toList(),
              Hex.decode(log.getData()),
              Hash.fromHex(log.getTransactionHash())));
    }
    return logs;
  }

  Simulation simulate(Address sender, String data) {
    var response = send(web3j.ethCall(call(sender, data), DefaultBlockParameterName.LATEST));
    if (!response.hasError()) {
      return new Simulation.Passes();
    }
    Response.Error error = response.getError();
    if (error.getData() == null && !String.valueOf(error.getMessage()).contains("revert")) {
      throw new ChainException(Code.REFUSED, "eth_call: " + error.getMessage());
    }
    String encoded = error.getData() == null ? "" : error.getData().toString().replace("\"", "");
    return new Simulation.Reverts(String.valueOf(error.getMessage()), encoded);
  }

  BigInteger estimateGas(Address sender, String data) {
    return ask(web3j.ethEstimateGas(call(sender, data))).getAmountUsed();
  }

  private Transaction call(Address sender, String data) {
    return Transaction.createEthCallTransaction(sender.toString(), deployment.settlement(), data);
  }

  /** Whether the registry lets the account sign verdicts now. */
  boolean isOracle(Address account) {
    var question =
        new Function(
            NodeRegistry.FUNC_ISORACLE,
            List.of(new org.web3j.abi.datatypes.Address(account.toString())),
            List.of());
    return read(account.toString(), deployment.nodeRegistry(), question).equals(TRUE);
  }

  /** Paid in a channel so far, as of the newest block. */
  BigInteger settledAmount(Address client, Address node, long epoch) {
    return word(
        0,
        read(
            deployment.settlement(),
            deployment.settlement(),
            new Function(
                Settlement.FUNC_SETTLEDAMOUNT,
                List.of(
                    new org.web3j.abi.datatypes.Address(client.toString()),
                    new org.web3j.abi.datatypes.Address(node.toString()),
                    new Uint64(new BigInteger(Long.toUnsignedString(epoch)))),
                List.of())));
  }

  /** What the escrow would do now for a voucher: it is asked as if by the contract that pays. */
  SkipReason charge(Address client, Address signer, Address node, BigInteger due) {
    BigInteger reason =
        word(
            2,
            read(
                deployment.settlement(),
                deployment.escrow(),
                new Function(
                    Escrow.FUNC_CHARGE,
                    List.of(
                        new org.web3j.abi.datatypes.Address(client.toString()),
                        new org.web3j.abi.datatypes.Address(signer.toString()),
                        new org.web3j.abi.datatypes.Address(node.toString()),
                        new Uint128(due)),
                    List.of())));
    return SkipReason.of(reason.longValueExact());
  }

  private String read(String sender, String contract, Function question) {
    var call =
        Transaction.createEthCallTransaction(sender, contract, FunctionEncoder.encode(question));
    return ask(web3j.ethCall(call, DefaultBlockParameterName.LATEST)).getValue();
  }

  private static BigInteger word(int index, String answer) {
    byte[] words = Hex.decode(answer);
    int from = index * Hash.BYTES;
    return new BigInteger(1, Arrays.copyOfRange(words, from, from + Hash.BYTES));
  }

  Fees fees() {
    EthBlock.Block head =
        ask(web3j.ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false)).getBlock();
    BigInteger base = Optional.ofNullable(head.getBaseFeePerGas()).orElse(BigInteger.ZERO);
    BigInteger priority = ask(web3j.ethMaxPriorityFeePerGas()).getMaxPriorityFeePerGas();
    return new Fees(base, priority);
  }

  /** Transactions of the account that are mined: the next usable nonce. */
  long nonce(Address account) {
    return ask(web3j.ethGetTransactionCount(account.toString(), DefaultBlockParameterName.LATEST))
        .getTransactionCount()
        .longValueExact();
  }

  /** Hands a signed transaction to the node; a refusal is an answer, not a failure. */
  Submission submit(byte[] raw) {
    var response = send(web3j.ethSendRawTransaction(Hex.encode(raw)));
    return response.hasError()
        ? new Submission(false, String.valueOf(response.getError().getMessage()))
        : new Submission(true, "");
  }

  /** Empty while the transaction is in no block. */
  Optional<Outcome> outcome(Hash transaction) {
    return ask(web3j.ethGetTransactionReceipt(transaction.toString()))
        .getTransactionReceipt()
        .map(r -> new Outcome(r.isStatusOK(), r.getGasUsed().longValueExact()));
  }

  private <T extends Response<?>> T ask(Request<?, T> request) {
    T response = send(request);
    if (response.hasError()) {
      throw new ChainException(
          Code.REFUSED, request.getMethod() + ": " + response.getError().getMessage());
    }
    return response;
  }

  private static <T extends Response<?>> T send(Request<?, T> request) {
    try {
      return request.send();
    } catch (IOException | RuntimeException e) {
      throw new ChainException(
          Code.UNREACHABLE, "the chain does not answer " + request.getMethod() + ": " + e, e);
    }
  }

  @Override
  public void close() {
    web3j.shutdown();
  }
}
