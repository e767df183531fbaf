package io.dgrid.cli.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** JSON-RPC 2.0 over HTTP, blocking, every call bounded. */
final class JsonRpcClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();
  private final URI endpoint;

  JsonRpcClient(URI endpoint) {
    this.endpoint = endpoint;
  }

  /** The result, which may be JSON null. */
  JsonNode call(String method, JsonNode... parameters) {
    return answer(method, parameters)
        .orElseThrow(() -> new ChainUnreachableException(endpoint + " refuses " + method));
  }

  /** As {@link #call}; empty when the endpoint answers with an error. */
  Optional<JsonNode> answer(String method, JsonNode... parameters) {
    JsonNode reply = reply(method, parameters);
    return reply.has("error") ? Optional.empty() : Optional.of(reply.get("result"));
  }

  /** The whole reply, with a {@code result} or an {@code error}. */
  JsonNode reply(String method, JsonNode... parameters) {
    ObjectNode body = JSON.createObjectNode();
    body.put("jsonrpc", "2.0").put("id", 1).put("method", method);
    ArrayNode list = body.putArray("params");
    for (JsonNode parameter : parameters) {
      list.add(parameter);
    }
    JsonNode reply = send(body);
    if (!reply.has("error") && !reply.has("result")) {
      throw new ChainUnreachableException(endpoint + " does not speak JSON-RPC");
    }
    return reply;
  }

  private JsonNode send(ObjectNode body) {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint)
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    try {
      return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
    } catch (IOException broken) {
      throw new ChainUnreachableException("the chain at " + endpoint + " does not answer", broken);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new ChainUnreachableException("interrupted while asking the chain", interrupted);
    }
  }
}
