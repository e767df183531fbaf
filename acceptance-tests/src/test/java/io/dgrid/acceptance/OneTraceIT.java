package io.dgrid.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Answer;
import io.dgrid.acceptance.dsl.HttpDoor;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Spans.Step;
import io.dgrid.acceptance.dsl.Spans.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Promise: one job is one trace, from the edge over the broker to settlement. */
@Acceptance
class OneTraceIT {
  private static final String CALLER = "4bf92f3577b34da6a3ce929d0e0e4736";

  private final Network network;

  OneTraceIT(Network network) {
    this.network = network;
  }

  @Test
  void oneJobIsOneTraceThroughAllServices() {
    Answer answer = network.client().asks("What is DGrid?");

    Trace trace = network.spans().waitForTraceOf(answer.jobId(), OneTraceIT::isWhole);

    Step accepted = step(trace, "dgrid-rpc-edge", "job.accept");
    Step run = step(trace, "dgrid-scheduler", "job.run");
    Step attempt = step(trace, "dgrid-scheduler", "attempt");
    Step served = step(trace, "dgrid-worker", "attempt.serve");
    Step replayed = step(trace, "quality-oracle", "receipt.replay");
    Step taken = step(trace, "settlement", "receipt.intake");
    assertThat(run.parentId()).isEqualTo(accepted.spanId());
    assertThat(attempt.parentId()).isEqualTo(run.spanId());
    assertThat(served.parentId()).isEqualTo(attempt.spanId());
    assertThat(replayed.parentId()).isEqualTo(run.spanId());
    assertThat(taken.parentId()).isEqualTo(run.spanId());
    assertThat(trace.steps())
        .as("what goes through the broker")
        .filteredOn(s -> "kafka".equals(s.facts().get("messaging.system")))
        .extracting(Step::service)
        .contains("dgrid-rpc-edge");
    assertThat(List.of(accepted, run, attempt, served)).isSortedAccordingTo(OneTraceIT::byBegin);
    assertThat(List.of(served, replayed)).isSortedAccordingTo(OneTraceIT::byBegin);
    assertThat(List.of(served, taken)).isSortedAccordingTo(OneTraceIT::byBegin);
    assertThat(List.of(accepted, run, attempt, served, replayed, taken))
        .allMatch(s -> s.facts().get("dgrid.job.id").equals(answer.jobId().toString()));
  }

  @Test
  void theTraceOfAnHttpClientGoesOn() {
    String caller = "00f067aa0ba902b7";
    try (HttpDoor http = network.httpDoor()) {
      var job = http.asksInTrace(network.apiKey(), network.modelName(), CALLER, caller);

      Trace trace = network.spans().waitForTraceOf(job, OneTraceIT::isWhole);

      assertThat(trace.id()).isEqualTo(CALLER);
      Step called = trace.steps().stream().filter(s -> s.parentId().equals(caller)).findAny().get();
      assertThat(called.service()).isEqualTo("dgrid-rpc-edge");
      assertThat(trace.descends(step(trace, "settlement", "receipt.intake"), called)).isTrue();
    }
  }

  private static boolean isWhole(Trace trace) {
    return trace.find("dgrid-rpc-edge", "job.accept").isPresent()
        && trace.find("dgrid-scheduler", "job.run").isPresent()
        && trace.find("dgrid-worker", "attempt.serve").isPresent()
        && trace.find("quality-oracle", "receipt.replay").isPresent()
        && trace.find("settlement", "receipt.intake").isPresent();
  }

  private static Step step(Trace trace, String service, String name) {
    return trace.find(service, name).orElseThrow();
  }

  private static int byBegin(Step one, Step other) {
    return Long.compare(one.begin(), other.begin());
  }
}
