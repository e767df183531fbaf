package io.dgrid.acceptance.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.identity.JobId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
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
    HttpResponse<String> response = send(chatRequest(apiKey, body).build());
    try {
      return new Response(response.statusCode(), JSON.readTree(response.body()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks as a part of the caller's own trace; ids in hex. */
  public JobId asksInTrace(String apiKey, String model, String traceId, String spanId) {
    String body =
        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":4}"
            .formatted(model);
    HttpResponse<String> response =
        send(
            chatRequest(apiKey, body)
                .header("traceparent", "00-%s-%s-01".formatted(traceId, spanId))
                .build());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JobId.fromHex(response.headers().firstValue("x-dgrid-job-id").orElseThrow());
  }

  private HttpRequest.Builder chatRequest(String apiKey, String body) {
    return HttpRequest.newBuilder(URI.create(base + "/v1/chat/completions"))
        .timeout(Eventually.PATIENCE)
        .header("content-type", "application/json")
        .header("authorization", "Bearer " + apiKey)
        .POST(BodyPublishers.ofString(body));
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
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
