package io.dgrid.acceptance.dsl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.local.process.Readiness;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** What a service says of its own readiness. */
public final class Health {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ManagedProcess process;

  private Health(ManagedProcess process) {
    this.process = process;
  }

  static Health of(ManagedProcess process) {
    return new Health(process);
  }

  /** Waits until a check is down with a state, and answers why in its words. */
  public String waitUntilDown(String check, String state) {
    return Eventually.comes(
        check + " of " + process.name() + " down: " + state,
        () ->
            check(check)
                .filter(c -> c.path("status").asText().equals("DOWN"))
                .filter(c -> c.at("/data/state").asText().equals(state))
                .map(c -> c.at("/data/detail").asText()));
  }

  private Optional<JsonNode> check(String name) {
    if (!(process.spec().readiness() instanceof Readiness.HttpOk ready)) {
      throw new IllegalStateException(process.name() + " has no health endpoint");
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpRequest request = HttpRequest.newBuilder(ready.uri()).timeout(TIMEOUT).build();
      JsonNode health = JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
      return StreamSupport.stream(health.path("checks").spliterator(), false)
          .filter(check -> check.path("name").asText().equals(name))
          .findFirst();
    } catch (IOException notYet) {
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
