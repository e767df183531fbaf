package io.dgrid.cli.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link ChainFacts} from an Ethereum JSON-RPC endpoint. */
public final class RpcChain implements ChainFacts {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final JsonRpcClient rpc;

  public RpcChain(URI endpoint) {
    rpc = new JsonRpcClient(endpoint);
  }

  @Override
  public BigInteger chainId() {
    return quantity(rpc.call("eth_chainId"));
  }

  @Override
  public Optional<SettledBatch> batchOf(Address settlement, Hash receiptsRoot) {
    return view(settlement, Abi.call("batchOf(bytes32)", receiptsRoot), 4)
        .filter(words -> !words.get(1).isZero())
        .map(
            words ->
                new SettledBatch(
                    words.get(0),
                    Abi.number(words.get(1)).longValueExact(),
                    Abi.number(words.get(3)).intValueExact()));
  }

  @Override
  public boolean verifyReceipt(
      Address settlement, Hash receiptsRoot, ReceiptHash receipt, List<Hash> siblings) {
    String data =
        Abi.callWithList(
            "verifyReceipt(bytes32,bytes32,bytes32[])",
            List.of(receiptsRoot, receipt.hash()),
            siblings);
    return view(settlement, data, 1).filter(RpcChain::isTrue).isPresent();
  }

  @Override
  public Optional<TokenAmount> settledAmount(
      Address settlement, Address client, Address node, long epoch) {
    String data =
        Abi.call(
            "settledAmount(address,address,uint64)",
            Abi.word(client),
            Abi.word(node),
            Abi.word(epoch));
    return amount(settlement, data);
  }

  @Override
  public Optional<KeyGrant> grantOf(Address settlement, Address client, Address key) {
    return escrow(settlement)
        .flatMap(
            escrow ->
                view(
                    escrow,
                    Abi.call("grantOf(address,address)", Abi.word(client), Abi.word(key)),
                    5))
        .filter(words -> !words.getFirst().isZero())
        .map(
            words ->
                new KeyGrant(
                    words.getFirst().equals(Abi.word(1)),
                    !words.get(4).isZero(),
                    new TokenAmount(Abi.number(words.get(2))),
                    Abi.number(words.get(3)).longValue()));
  }

  @Override
  public boolean wasGranted(Address settlement, Address client, Address key) {
    return grantOf(settlement, client, key).isPresent();
  }

  @Override
  public boolean isOracle(Address nodeRegistry, Address account) {
    return view(nodeRegistry, Abi.call("isOracle(address)", Abi.word(account)), 1)
        .filter(RpcChain::isTrue)
        .isPresent();
  }

  @Override
  public Optional<TokenAmount> escrowBalance(Address settlement, Address client) {
    return escrow(settlement)
        .flatMap(e -> amount(e, Abi.call("balanceOf(address)", Abi.word(client))));
  }

  @Override
  public Optional<TokenAmount> earnings(Address settlement, Address account) {
    return escrow(settlement)
        .flatMap(e -> amount(e, Abi.call("earningsOf(address)", Abi.word(account))));
  }

  @Override
  public Optional<Address> treasury(Address settlement) {
    return escrow(settlement)
        .flatMap(e -> view(e, Abi.call("treasury()"), 1))
        .map(words -> Abi.address(words.getFirst()));
  }

  @Override
  public Optional<MinedTransaction> transaction(Hash hash) {
    JsonNode found = rpc.call("eth_getTransactionReceipt", JSON.textNode(hash.toString()));
    if (found.isNull()) {
      return Optional.empty();
    }
    List<Log> logs = new ArrayList<>();
    for (JsonNode log : found.path("logs")) {
      List<Hash> topics = new ArrayList<>();
      log.path("topics").forEach(topic -> topics.add(Hash.fromHex(topic.asText())));
      logs.add(
          new Log(
              Address.fromHex(log.path("address").asText()),
              topics,
              Abi.words(log.path("data").asText())));
    }
    return Optional.of(
        new MinedTransaction(
            quantity(found.path("blockNumber")).longValueExact(),
            Hash.fromHex(found.path("blockHash").asText()),
            quantity(found.path("gasUsed")).longValueExact(),
            quantity(found.path("status")).signum() > 0,
            logs));
  }

  @Override
  public Optional<Hash> blockHash(long number) {
    return block(JSON.textNode("0x" + Long.toHexString(number)))
        .map(block -> Hash.fromHex(block.path("hash").asText()));
  }

  @Override
  public long finalizedBlock() {
    return block(JSON.textNode("finalized"))
        .map(block -> quantity(block.path("number")).longValueExact())
        .orElse(0L);
  }

  private Optional<JsonNode> block(JsonNode which) {
    return rpc.answer("eth_getBlockByNumber", which, JSON.booleanNode(false))
        .filter(JsonNode::isObject);
  }

  private Optional<Address> escrow(Address settlement) {
    return view(settlement, Abi.call("escrow()"), 1).map(words -> Abi.address(words.getFirst()));
  }

  private Optional<TokenAmount> amount(Address contract, String data) {
    return view(contract, data, 1)
        .map(words -> Abi.number(words.getFirst()))
        .filter(value -> value.bitLength() <= 128)
        .map(TokenAmount::new);
  }

  /** The answer's words; empty when the contract does not answer with that many. */
  private Optional<List<Hash>> view(Address contract, String data, int words) {
    ObjectNode call = JSON.objectNode();
    call.put("to", contract.toString()).put("data", data);
    return rpc.answer("eth_call", call, JSON.textNode("latest"))
        .map(answer -> Abi.words(answer.asText()))
        .filter(answer -> answer.size() == words);
  }

  private static boolean isTrue(List<Hash> words) {
    return words.getFirst().equals(Abi.word(1));
  }

  static BigInteger quantity(JsonNode hex) {
    String text = hex.asText();
    if (!text.startsWith("0x") || text.length() < 3) {
      throw new ChainUnreachableException(
          "the chain answers '" + text + "' where a number belongs");
    }
    return new BigInteger(text.substring(2), 16);
  }
}
