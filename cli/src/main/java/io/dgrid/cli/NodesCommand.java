package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The nodes and their standing. */
@Command(
    name = "nodes",
    description = "List the nodes of the network.",
    mixinStandardHelpOptions = true)
final class NodesCommand implements Callable<Integer> {
  private final Output output;

  @Mixin final Connection connection = new Connection();

  NodesCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      List<Node> nodes = connection.edge().nodes();
      if (connection.json) {
        ObjectNode out = Json.object();
        var list = out.putArray("nodes");
        nodes.forEach(n -> list.add(json(n)));
        output.json(out);
      } else {
        output.table(
            List.of("NODE", "ONLINE", "RUNNING", "REPUTATION", "STAKE", "WORKERS", "HARDWARE"),
            nodes.stream().map(NodesCommand::row).toList());
      }
      return ExitCode.OK;
    }
  }

  /** Millionths as a share of one. */
  static String share(int micros) {
    return String.format(Locale.ROOT, "%.3f", micros / 1e6);
  }

  private static Address address(Node node) {
    return Wire.address(node.getAddress(), "node.address");
  }

  private static List<String> row(Node n) {
    TokenAmount stake =
        n.getStake().isEmpty() ? TokenAmount.ZERO : Wire.amount(n.getStake(), "node.stake");
    return List.of(
        address(n).toString(),
        n.getOnline() ? "yes" : "no",
        Integer.toString(n.getRunning()),
        share(n.getReputationMicros()),
        stake.display(),
        String.join(",", n.getWorkersList()),
        n.getHardware());
  }

  private static ObjectNode json(Node n) {
    ObjectNode out =
        Json.object()
            .put("address", address(n).toString())
            .put("online", n.getOnline())
            .put("running", n.getRunning())
            .put("reputationMicros", n.getReputationMicros())
            .put("stake", n.getStake())
            .put("hardware", n.getHardware());
    var workers = out.putArray("workers");
    n.getWorkersList().forEach(workers::add);
    return out;
  }
}
