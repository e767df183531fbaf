package io.dgrid.worker.engine.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.worker.engine.EngineError;
import io.dgrid.worker.engine.EngineException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Opens one blocking exchange with the server. Blocking on a virtual thread gives what an answer
 * needs most: a timeout per read, and a reader that stops the server by not reading.
 */
final class UpstreamClient {
  private final OpenAiEngineConfig config;
  private final URI target;

  UpstreamClient(OpenAiEngineConfig config) {
    this.config = config;
    String base = config.baseUrl().toString();
    this.target =
        URI.create(
            (base.endsWith("/") ? base.substring(0, base.length() - 1) : base)
                + config.dialect().path());
  }

  HttpURLConnection connection() throws IOException {
    HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    connection.setUseCaches(false);
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) config.connectTimeout().toMillis());
    connection.setReadTimeout((int) config.idleTimeout().toMillis());
    connection.setRequestProperty("Content-Type", "application/json");
    connection.setRequestProperty("Connection", "close");
    config
        .apiKey()
        .ifPresent(key -> connection.setRequestProperty("Authorization", "Bearer " + key));
    return connection;
  }

  /**
   * Sends the request and reads status and headers.
   *
   * @throws EngineException unless the server answers 200 with that type
   */
  void send(HttpURLConnection connection, ObjectNode body, String contentType) throws IOException {
    byte[] json = body.toString().getBytes(StandardCharsets.UTF_8);
    connection.setFixedLengthStreamingMode(json.length);
    try (OutputStream out = connection.getOutputStream()) {
      out.write(json);
    }
    int status = connection.getResponseCode();
    if (status != HttpURLConnection.HTTP_OK) {
      boolean later = status == 429 || status >= 500;
      throw new EngineException(
          later ? EngineError.UPSTREAM_UNAVAILABLE : EngineError.UPSTREAM_REJECTED,
          "the server answers " + status);
    }
    String type = connection.getContentType();
    if (type == null || !type.startsWith(contentType)) {
      throw new EngineException(
          EngineError.UPSTREAM_REJECTED,
          "the server answers with another type than " + contentType);
    }
  }

  static EngineException failure(IOException failed) {
    if (failed instanceof SocketTimeoutException) {
      return new EngineException(EngineError.TIMEOUT, "the server is silent", failed);
    }
    return new EngineException(
        EngineError.UPSTREAM_UNAVAILABLE, "the server cannot be reached or hung up", failed);
  }
}
