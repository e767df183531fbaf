package io.dgrid.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The measured rows as Markdown. */
final class Report {
  private final List<String> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private double directFirst;
  private double added = Double.NaN;

  /**
   * @param cpu microseconds per answer and process
   */
  void row(String target, int concurrency, Latencies seen, Map<String, Double> cpu) {
    if (target.startsWith("engine")) {
      directFirst = seen.first(0.5);
    }
    double extra = seen.first(0.5) - directFirst;
    if (target.equals("DGrid") && concurrency == 1) {
      added = extra;
    }
    String line =
        String.format(
            Locale.ROOT,
            "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f |",
            target,
            concurrency,
            seen.first(0.5),
            seen.first(0.99),
            seen.whole(0.5),
            extra,
            seen.perSecond(),
            cpu.values().stream().mapToDouble(Double::doubleValue).sum());
    rows.add(line);
    System.err.println(line);
    if (cpu.size() > 1) {
      notes.add(
          "CPU µs per job at c=%d: %s"
              .formatted(
                  concurrency,
                  cpu.entrySet().stream()
                      .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                      .map(e -> String.format(Locale.ROOT, "%s %.0f", e.getKey(), e.getValue()))
                      .collect(Collectors.joining(", "))));
    }
  }

  void kafka(Latencies loop) {
    notes.add(
        String.format(
            Locale.ROOT,
            "Kafka produce to consume, one at a time: p50 %.2f ms, p99 %.2f ms; added p50 of the"
                + " network at c=1 is %.1f times that",
            loop.whole(0.5),
            loop.whole(0.99),
            added / loop.whole(0.5)));
  }

  void relay(double network, double plain) {
    notes.add(
        String.format(
            Locale.ROOT,
            "Tokens relayed per second, 16 streams: network %.0f (OpenAI door, two gRPC hops),"
                + " plain gRPC with one hop %.0f, ratio %.2f",
            network,
            plain,
            network / plain));
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        "| Path | in flight | first bytes p50 ms | p99 ms | whole p50 ms | added p50 ms | answers/s"
            + " | CPU µs/answer |\n|---|---|---|---|---|---|---|---|\n");
    rows.forEach(row -> text.append(row).append('\n'));
    text.append('\n');
    notes.forEach(note -> text.append("- ").append(note).append('\n'));
    return text.toString();
  }
}
