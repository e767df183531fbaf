package io.dgrid.local;

import java.nio.file.Path;

/** What {@code up} prints when the network is ready. */
record Welcome(NetworkFile network, Path data) {
  String text() {
    var text = new StringBuilder("\nThe network is up. Ctrl-C stops it.\n\n");
    network
        .edges()
        .forEach(
            edge ->
                row(text, "edge", edge.grpc() + " (gRPC)  " + edge.http() + " (OpenAI-shaped)"));
    network.schedulers().forEach(scheduler -> row(text, "scheduler", scheduler.grpc()));
    row(text, "settlement", network.settlement().grpc());
    row(text, "oracle", network.oracle().grpc());
    row(text, "kafka", network.kafka());
    row(text, "postgres", network.postgres());
    row(text, "chain", network.chain().rpc() + " (chain id " + network.chain().chainId() + ")");
    row(text, "client", network.client().address());
    row(text, "files", data.resolve("network.json") + ", logs in " + data.resolve("logs"));
    text.append("\nAsk something:\n\n");
    text.append("  ./dgrid ask \"What is DGrid?\"");
    if (!data.equals(NetworkOptions.DEFAULT_DATA.toAbsolutePath())) {
      text.append(" --data ").append(data);
    }
    text.append('\n');
    String apiKey = network.client().apiKey();
    if (apiKey != null) {
      text.append("\n  curl ")
          .append(network.edges().getFirst().http())
          .append("/v1/chat/completions \\\n");
      text.append("    -H 'Authorization: Bearer ").append(apiKey).append("' \\\n");
      text.append("    -H 'Content-Type: application/json' \\\n");
      text.append(
          "    -d '{\"model\":\"dgrid/demo-1m\",\"messages\":[{\"role\":\"user\",\"content\":\"What is DGrid?\"}]}'\n");
    }
    return text.toString();
  }

  private static void row(StringBuilder text, String name, String value) {
    text.append(String.format("  %-11s %s%n", name, value));
  }
}
