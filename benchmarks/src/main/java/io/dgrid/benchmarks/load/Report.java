package io.dgrid.benchmarks.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The measured rows as Markdown. */
final class Report {
  static final String ENGINE = "engine, asked directly";
  static final String PROXY = "plain Vert.x proxy";
  static final String DGRID = "DGrid";

  private static final int USUAL = 16;

  private final List<String> rows = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Map<String, Double>> shares = new LinkedHashMap<>();
  private final Jvm jvm;
  private final Measurement.Times times;
  private double directFirst;
  private double added = Double.NaN;
  private double usual = Double.NaN;
  private double relayed = Double.NaN;
  private double usualPerSecond = Double.NaN;
  private double marginal = Double.NaN;

  Report(Jvm jvm, Measurement.Times times) {
    this.jvm = jvm;
    this.times = times;
  }

  /**
   * @param micros of processor time in a second without a job
   */
  void idle(Map<String, Double> micros) {
    shares.put("idle, per second", micros);
  }

  void row(String target, int concurrency, Measurement.Row row) {
    Latencies seen = row.latencies();
    if (target.equals(ENGINE)) {
      directFirst = seen.first(0.5);
    }
    double extra = seen.first(0.5) - directFirst;
    if (target.equals(DGRID)) {
      shares.put("c=" + concurrency, row.micros());
      if (concurrency == 1) {
        added = extra;
      }
      if (concurrency == USUAL) {
        usual = sum(row.micros());
        usualPerSecond = seen.perSecond();
      }
    }
    line(
        "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f | %d |",
        target,
        concurrency,
        seen.first(0.5),
        seen.first(0.99),
        seen.whole(0.5),
        extra,
        seen.perSecond(),
        sum(row.micros()),
        row.micros().getOrDefault(Cpu.COMPILERS, 0.0),
        seen.refusals());
  }

  /** The usual row with more tokens: what one more token costs. */
  void relay(Measurement.Row row, int few, int many) {
    relayed = row.latencies().tokensPerSecond();
    // What the additional tokens took, without what any answer takes.
    marginal = (many - few) / (1 / row.latencies().perSecond() - 1 / usualPerSecond);
    Map<String, Double> perToken = new LinkedHashMap<>();
    Map<String, Double> base = shares.get("c=" + USUAL);
    row.micros()
        .forEach((name, micros) -> perToken.put(name, (micros - base.get(name)) / (many - few)));
    shares.put("per token", perToken);
  }

  void plainRelay(double plain) {
    note(
        "Tokens per second, 16 streams, through the network (OpenAI door, engine's JSON, two gRPC"
            + " hops): %.0f in whole answers with all that a job costs, %.0f once they stream; plain"
            + " gRPC with one hop %.0f; ratios %.2f and %.2f",
        relayed, marginal, plain, relayed / plain, marginal / plain);
  }

  void kafka(Latencies loop) {
    note(
        "Kafka produce to consume, one at a time: p50 %.2f ms, p99 %.2f ms; added p50 of the"
            + " network at c=1 is %.1f times that",
        loop.whole(0.5), loop.whole(0.99), added / loop.whole(0.5));
  }

  /** What every job waits for before its first bytes, whatever else is done. */
  void durable(Latencies transaction, Latencies disk) {
    note(
        "A Kafka transaction of one record: p50 %.2f ms; a write forced to the disk: p50 %.2f ms",
        transaction.whole(0.5), disk.whole(0.5));
  }

  void memory(Map<String, Double> bytes, int streams) {
    note(
        "Live heap per open stream, %d open: %s",
        streams,
        bytes.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s %.1f KiB", e.getKey(), e.getValue() / 1024))
            .collect(Collectors.joining(", ")));
  }

  void grown(Measurement.Row row) {
    shares.put("10 workers, 10 clients", row.micros());
    note(
        "Processor time per answer with 10 times the workers and clients, 16 in flight: %.2f times"
            + " (%.0f µs), %.0f answers/s",
        sum(row.micros()) / usual, sum(row.micros()), row.latencies().perSecond());
  }

  /**
   * An account alone, and beside one that floods.
   *
   * @param first of its answers beside it: until then the other one was alone
   */
  void flood(
      int concurrency,
      Latencies alone,
      Latencies first,
      Latencies beside,
      int flooding,
      Latencies flood) {
    note(
        "Beside a flood (default limits; %d in flight: %.0f answers/s, %d refused) a quiet account"
            + " with %d in flight waits for its first bytes %.1f ms instead of %.1f (p50, %.1f"
            + " times), %.1f ms instead of %.1f (p99, %.1f times), and for the first of all %.1f ms;"
            + " %d of its questions were refused",
        flooding,
        flood.perSecond(),
        flood.refusals(),
        concurrency,
        beside.first(0.5),
        alone.first(0.5),
        beside.first(0.5) / alone.first(0.5),
        beside.first(0.99),
        alone.first(0.99),
        beside.first(0.99) / alone.first(0.99),
        first.first(0.5),
        beside.refusals());
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        "JVMs %s; %d s a row after %d s of warm-up at 16 and 64 in flight\n\n"
            .formatted(
                switch (jvm) {
                  case LOCAL -> "as the local network starts them";
                  case OPERATOR -> "as an operator would start them (all tiers, 512 MiB)";
                },
                times.each().toSeconds(),
                times.warmUp().toSeconds()));
    if (!rows.isEmpty()) {
      tables(text);
    }
    notes.forEach(note -> text.append("- ").append(note).append('\n'));
    return text.append('\n').toString();
  }

  private void tables(StringBuilder text) {
    text.append(
        "| Path | in flight | first bytes p50 ms | p99 ms | whole p50 ms | added p50 ms | answers/s"
            + " | CPU µs/answer | compilers beside it | refused |\n"
            + "|---|---|---|---|---|---|---|---|---|---|\n");
    rows.forEach(row -> text.append(row).append('\n'));
    text.append(
        "\nProcessor time per answer and process, µs (the first column: per second without any):\n\n| Process |");
    shares.keySet().forEach(name -> text.append(' ').append(name).append(" |"));
    text.append("\n|---|").append("---|".repeat(shares.size())).append('\n');
    TreeSet<String> names = new TreeSet<>();
    List<Map<String, Double>> columns = shares.values().stream().map(Report::byKind).toList();
    columns.forEach(column -> names.addAll(column.keySet()));
    for (String name : names) {
      text.append("| ").append(name).append(" |");
      columns.forEach(
          c -> text.append(String.format(Locale.ROOT, " %.1f |", c.getOrDefault(name, 0.0))));
      text.append('\n');
    }
    text.append("| all but the compilers |");
    columns.forEach(c -> text.append(String.format(Locale.ROOT, " %.1f |", sum(c))));
    text.append("\n\n");
  }

  /** Processes of one kind together. */
  private static Map<String, Double> byKind(Map<String, Double> micros) {
    return micros.entrySet().stream()
        .collect(
            Collectors.groupingBy(
                e -> e.getKey().replaceAll("-\\d+$", ""),
                Collectors.summingDouble(Map.Entry::getValue)));
  }

  /** Of all processes, their compilers left out. */
  private static double sum(Map<String, Double> micros) {
    return micros.entrySet().stream()
        .filter(e -> !e.getKey().equals(Cpu.COMPILERS))
        .mapToDouble(Map.Entry::getValue)
        .sum();
  }

  private void line(String format, Object... values) {
    rows.add(String.format(Locale.ROOT, format, values));
    System.err.println(rows.getLast());
  }

  private void note(String format, Object... values) {
    notes.add(String.format(Locale.ROOT, format, values));
    System.err.println(notes.getLast());
  }
}
