package io.dgrid.acceptance.dsl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/** The OpenAI-shaped door, spoken to with nothing but HTTP. */
public final class HttpDoor implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private final String base;

  HttpDoor(String base) {
    this.base = base;
  }

  /** A response: its status and its JSON body. */
  public record Response(int status, JsonNode body) {
    public String code() {
      return body.at("/error/code").asText();
    }

    public String type() {
      return body.at("/error/type").asText();
    }

    public String param() {
      return body.at("/error/param").asText();
    }
  }

  /** Sends a body, JSON or not, to the chat endpoint. */
  public Response chat(String apiKey, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "/v1/chat/completions"))
            .timeout(Eventually.PATIENCE)
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + apiKey)
            .POST(BodyPublishers.ofString(body))
            .build();
    try {
      var response = http.send(request, BodyHandlers.ofString());
      return new Response(response.statusCode(), JSON.readTree(response.body()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
