package io.dgrid.local.chain;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * The few JSON-RPC calls the local network makes itself; everything about contracts is elsewhere.
 */
public final class EvmRpc {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_MILLIS = 5000;
  private static final int PROBE_TIMEOUT_MILLIS = 1000;

  private EvmRpc() {}

  /**
   * One call with 5 s at most.
   *
   * @throws LocalNetworkException {@code CHAIN_FAILED} when there is no answer or the answer is an
   *     error
   */
  public static JsonNode call(String url, String method, List<?> parameters) {
    try {
      return call(url, method, parameters, TIMEOUT_MILLIS);
    } catch (IOException e) {
      throw new LocalNetworkException(
          Code.CHAIN_FAILED, method + " at " + url + " failed: " + e.getMessage(), e);
    }
  }

  static boolean answers(String url, long chainId) {
    try {
      String answer = call(url, "eth_chainId", List.of(), PROBE_TIMEOUT_MILLIS).asText();
      return answer.equals("0x" + Long.toHexString(chainId));
    } catch (IOException e) {
      return false;
    }
  }

  private static JsonNode call(String url, String method, List<?> parameters, int timeoutMillis)
      throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    try {
      connection.setConnectTimeout(timeoutMillis);
      connection.setReadTimeout(timeoutMillis);
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setDoOutput(true);
      connection
          .getOutputStream()
          .write(
              JSON.writeValueAsBytes(
                  Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", parameters)));
      try (InputStream in = connection.getInputStream()) {
        JsonNode answer = JSON.readTree(in);
        if (answer == null || !answer.has("result")) {
          throw new IOException(answer == null ? "empty answer" : answer.path("error").toString());
        }
        return answer.get("result");
      }
    } catch (JacksonException e) {
      throw new IOException("not a JSON answer", e);
    } finally {
      connection.disconnect();
    }
  }
}
