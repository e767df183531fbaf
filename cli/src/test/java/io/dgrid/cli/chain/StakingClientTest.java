package io.dgrid.cli.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A chain that answers by contract function, and remembers what was sent to it. */
class StakingClientTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Address REGISTRY = Address.fromHex("01".repeat(20));
  private static final Address SETTLEMENT = Address.fromHex("02".repeat(20));
  private static final Address TOKEN = Address.fromHex("03".repeat(20));
  private static final Address ESCROW = Address.fromHex("04".repeat(20));
  private static final TokenAmount HUNDRED = TokenAmount.tokens(100);

  private final SigningKey guest = SigningKey.random();
  private final Map<String, Hash> views = new HashMap<>();
  private final List<String> sent = new ArrayList<>();
  private String gasMoney = "0xffffffffffffffff";
  private String refusal = "";
  private String status = "0x1";
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    view("token()", Abi.word(TOKEN));
    view("escrow()", Abi.word(ESCROW));
    view("minimumStake()", word(HUNDRED));
    view("jailedUntil(address)", Abi.word(0));
    view("stakeOf(address)", Abi.word(0));
    view("balanceOf(address)", word(HUNDRED));
    view("earningsOf(address)", Abi.word(5));
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void nodeWithoutStakeMissesTheMinimum() {
    StakingClient.Standing standing = client().standing(guest.address());
    assertThat(standing.missing()).isEqualTo(HUNDRED);
    view("stakeOf(address)", word(TokenAmount.tokens(101)));
    assertThat(client().standing(guest.address()).missing()).isEqualTo(TokenAmount.ZERO);
  }

  @Test
  void stakeIsApprovedAndThenPaid() {
    Hash mined = client().stake(guest, guest.address(), HUNDRED);
    assertThat(sent).hasSize(2);
    assertThat(sent.get(0)).contains(selector("approve(address,uint256)"));
    assertThat(sent.get(1)).contains(selector("stake(address,uint128)"));
    assertThat(mined).isEqualTo(Hash.fromHex("07".repeat(32)));
  }

  @Test
  void whatIsMissingIsNamedBeforeAnythingIsSent() {
    refused(
        ErrorCode.INSUFFICIENT_CREDIT,
        "holds 100 DGRID, the stake is 101 DGRID",
        () -> client().stake(guest, guest.address(), TokenAmount.tokens(101)));
    gasMoney = "0x5";
    refused(
        ErrorCode.INSUFFICIENT_CREDIT,
        "holds 5 wei",
        () -> client().stake(guest, guest.address(), HUNDRED));
    view("earningsOf(address)", Abi.word(0));
    refused(
        ErrorCode.INSUFFICIENT_CREDIT,
        "nothing to claim",
        () -> client().claim(guest, guest.address()));
    refused(
        ErrorCode.INVALID_REQUEST,
        "chain 31337",
        () -> new StakingClient(endpoint(), 1, REGISTRY, SETTLEMENT));
    views.clear();
    refused(
        ErrorCode.INVALID_REQUEST, "not the contract", () -> client().standing(guest.address()));
    assertThat(sent).isEmpty();
  }

  @Test
  void refusalOfTheChainIsToldAsItIs() {
    refusal = "execution reverted: EnforcedPause()";
    refused(
        ErrorCode.INVALID_REQUEST, "EnforcedPause", () -> client().claim(guest, guest.address()));
    refusal = "";
    status = "0x0";
    refused(
        ErrorCode.INVALID_REQUEST,
        "failed on the chain",
        () -> client().claim(guest, guest.address()));
  }

  private static void refused(
      ErrorCode code, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(DGridException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private StakingClient client() {
    return new StakingClient(endpoint(), 31337, REGISTRY, SETTLEMENT);
  }

  private URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void view(String signature, Hash answer) {
    views.put(selector(signature), answer);
  }

  /** Eight hex digits. */
  private static String selector(String signature) {
    return Abi.topic(signature).toString().substring(2, 10);
  }

  private static Hash word(TokenAmount amount) {
    return Hash.fromHex("%064x".formatted(amount.units()));
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      JsonNode request = JSON.readTree(exchange.getRequestBody());
      ObjectNode reply = JSON.createObjectNode();
      reply.put("jsonrpc", "2.0").put("id", 1);
      JsonNode first = request.path("params").path(0);
      String method = request.path("method").asText();
      if (method.equals("eth_estimateGas") && !refusal.isEmpty()) {
        reply.putObject("error").put("code", 3).put("message", refusal);
      } else {
        reply.set("result", result(method, first));
      }
      byte[] bytes = JSON.writeValueAsBytes(reply);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonNode result(String method, JsonNode first) {
    return switch (method) {
      case "eth_chainId" -> JSON.getNodeFactory().textNode("0x7a69");
      case "eth_estimateGas", "eth_maxPriorityFeePerGas", "eth_getTransactionCount" ->
          JSON.getNodeFactory().textNode("0x5208");
      case "eth_getBalance" -> JSON.getNodeFactory().textNode(gasMoney);
      case "eth_getBlockByNumber" -> JSON.createObjectNode().put("baseFeePerGas", "0x1");
      case "eth_getTransactionReceipt" -> JSON.createObjectNode().put("status", status);
      case "eth_sendRawTransaction" -> {
        sent.add(first.asText());
        yield JSON.getNodeFactory().textNode("0x" + "07".repeat(32));
      }
      case "eth_call" -> {
        Hash answer = views.get(first.path("data").asText().substring(2, 10));
        yield JSON.getNodeFactory().textNode(answer == null ? "0x" : answer.toString());
      }
      default -> throw new IllegalStateException(method);
    };
  }
}
