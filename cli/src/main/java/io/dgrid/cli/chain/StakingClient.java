package io.dgrid.cli.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What a node operator does on the chain: stake, and take what the node earned. Every call blocks
 * and is bounded; what stands in the way is named before anything is sent.
 */
public final class StakingClient {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Duration MINED_WITHIN = Duration.ofSeconds(90);
  private static final long POLL_MILLIS = 500;

  private final JsonRpcClient rpc;
  private final Address registry;
  private final Address settlement;
  private final BigInteger chainId;

  /**
   * @param chainId what transactions are signed for; the endpoint must be of that chain
   */
  public StakingClient(URI endpoint, long chainId, Address registry, Address settlement) {
    this.rpc = new JsonRpcClient(endpoint);
    this.registry = registry;
    this.settlement = settlement;
    this.chainId = BigInteger.valueOf(chainId);
    BigInteger actual = quantity(rpc.call("eth_chainId"));
    if (!actual.equals(this.chainId)) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST,
          "%s is of chain %s, the network is on chain %s".formatted(endpoint, actual, chainId));
    }
  }

  /**
   * A node as the registry has it.
   *
   * @param minimum what an active node must have at stake
   * @param jailedUntil Unix seconds; 0: never jailed
   */
  public record Standing(TokenAmount stake, TokenAmount minimum, long jailedUntil) {
    public TokenAmount missing() {
      return stake.compareTo(minimum) < 0 ? minimum.minus(stake) : TokenAmount.ZERO;
    }
  }

  public Standing standing(Address node) {
    return new Standing(
        amount(registry, Abi.call("stakeOf(address)", Abi.word(node))),
        amount(registry, Abi.call("minimumStake()")),
        Abi.number(word(registry, Abi.call("jailedUntil(address)", Abi.word(node)))).longValue());
  }

  /** What the account holds outside of every contract of the network. */
  public TokenAmount balance(Address account) {
    return amount(token(), Abi.call("balanceOf(address)", Abi.word(account)));
  }

  /** What a node earned and did not take yet. */
  public TokenAmount earnings(Address node) {
    return amount(escrow(), Abi.call("earningsOf(address)", Abi.word(node)));
  }

  /**
   * Adds to a node's stake; anybody may do that for any node.
   *
   * @return the transaction, mined
   */
  public Hash stake(Signer payer, Address node, TokenAmount amount) {
    TokenAmount held = balance(payer.address());
    if (held.compareTo(amount) < 0) {
      throw new DGridException(
          ErrorCode.INSUFFICIENT_CREDIT,
          "account %s holds %s, the stake is %s: have the rest sent to it (token %s), or have somebody else stake for the node"
              .formatted(payer.address(), held.display(), amount.display(), token()));
    }
    Hash units = number(amount.units());
    send(payer, token(), Abi.call("approve(address,uint256)", Abi.word(registry), units));
    return send(payer, registry, Abi.call("stake(address,uint128)", Abi.word(node), units));
  }

  /**
   * Takes all that the signer's node earned.
   *
   * @return the transaction, mined
   */
  public Hash claim(Signer node, Address to) {
    if (earnings(node.address()).isZero()) {
      throw new DGridException(
          ErrorCode.INSUFFICIENT_CREDIT, "node %s has nothing to claim".formatted(node.address()));
    }
    return send(node, escrow(), Abi.call("claim(address)", Abi.word(to)));
  }

  private Hash send(Signer sender, Address to, String data) {
    ObjectNode call = JSON.objectNode();
    call.put("from", sender.address().toString()).put("to", to.toString()).put("data", data);
    BigInteger gas = quantity(require("eth_estimateGas", "would fail", call));
    BigInteger gasLimit = gas.add(gas.shiftRight(2));
    JsonNode head =
        rpc.call("eth_getBlockByNumber", JSON.textNode("latest"), JSON.booleanNode(false));
    BigInteger base =
        head.has("baseFeePerGas") ? quantity(head.path("baseFeePerGas")) : BigInteger.ZERO;
    BigInteger priority = quantity(rpc.call("eth_maxPriorityFeePerGas"));
    BigInteger maxFee = base.shiftLeft(1).add(priority);
    requireGasMoney(sender.address(), maxFee.multiply(gasLimit));
    BigInteger nonce =
        quantity(
            rpc.call(
                "eth_getTransactionCount",
                JSON.textNode(sender.address().toString()),
                JSON.textNode("pending")));
    byte[] raw =
        new Transaction(chainId, nonce, priority, maxFee, gasLimit, to, Hex.decode(data))
            .signed(sender);
    Hash hash =
        Hash.fromHex(
            require("eth_sendRawTransaction", "was not taken", JSON.textNode(Hex.encode(raw)))
                .asText());
    awaitMined(hash);
    return hash;
  }

  private void requireGasMoney(Address account, BigInteger wei) {
    BigInteger held =
        quantity(
            rpc.call("eth_getBalance", JSON.textNode(account.toString()), JSON.textNode("latest")));
    if (held.compareTo(wei) < 0) {
      throw new DGridException(
          ErrorCode.INSUFFICIENT_CREDIT,
          "account %s holds %s wei of the chain's own coin, the transaction may cost %s: have some sent to it"
              .formatted(account, held, wei));
    }
  }

  /** The result, or why the endpoint refuses. */
  private JsonNode require(String method, String what, JsonNode parameter) {
    JsonNode reply = rpc.reply(method, parameter);
    if (reply.has("error")) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST,
          "the transaction %s: %s".formatted(what, reply.path("error").path("message").asText()));
    }
    return reply.path("result");
  }

  private void awaitMined(Hash transaction) {
    long end = System.nanoTime() + MINED_WITHIN.toNanos();
    while (System.nanoTime() < end) {
      JsonNode found = rpc.call("eth_getTransactionReceipt", JSON.textNode(transaction.toString()));
      if (found.isObject()) {
        if (quantity(found.path("status")).signum() == 0) {
          throw new DGridException(
              ErrorCode.INVALID_REQUEST, "transaction " + transaction + " failed on the chain");
        }
        return;
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new DGridException(ErrorCode.CANCELLED, "interrupted; sent is " + transaction);
      }
    }
    throw new DGridException(
        ErrorCode.DEADLINE_EXCEEDED,
        "transaction %s was sent and is in no block after %d s"
            .formatted(transaction, MINED_WITHIN.toSeconds()));
  }

  private Address token() {
    return Abi.address(word(registry, Abi.call("token()")));
  }

  private Address escrow() {
    return Abi.address(word(settlement, Abi.call("escrow()")));
  }

  private TokenAmount amount(Address contract, String data) {
    return new TokenAmount(Abi.number(word(contract, data)));
  }

  private Hash word(Address contract, String data) {
    ObjectNode call = JSON.objectNode();
    call.put("to", contract.toString()).put("data", data);
    List<Hash> words =
        rpc.answer("eth_call", call, JSON.textNode("latest"))
            .map(answer -> Abi.words(answer.asText()))
            .orElse(List.of());
    if (words.size() != 1) {
      throw new DGridException(
          ErrorCode.INVALID_REQUEST,
          "%s is not the contract it should be: it does not answer".formatted(contract));
    }
    return words.getFirst();
  }

  private static Hash number(BigInteger value) {
    byte[] raw = value.toByteArray();
    byte[] word = new byte[Hash.BYTES];
    int from = raw.length > Hash.BYTES ? 1 : 0;
    System.arraycopy(raw, from, word, Hash.BYTES - raw.length + from, raw.length - from);
    return Hash.of(word);
  }

  private static BigInteger quantity(JsonNode hex) {
    return RpcChain.quantity(hex);
  }
}
