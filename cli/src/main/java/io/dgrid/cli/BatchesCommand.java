package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.transport.codec.Wire;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Batches on their way to finality. */
@Command(
    name = "batches",
    description = "List batches, newest first.",
    mixinStandardHelpOptions = true)
final class BatchesCommand implements Callable<Integer> {
  private static final String STATE_PREFIX = "BATCH_STATE_";

  private final Output output;

  @Mixin final Connection connection = new Connection();

  @Option(names = "--limit", paramLabel = "N", description = "1 to 1000 (default: 50).")
  int limit = 50;

  BatchesCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      List<Batch> batches = connection.edge().batches(limit);
      if (connection.json) {
        ObjectNode out = Json.object();
        var list = out.putArray("batches");
        batches.forEach(b -> list.add(json(b)));
        output.json(out);
      } else {
        output.table(
            List.of(
                "NUMBER",
                "STATE",
                "RECEIPTS",
                "VOUCHERS",
                "AMOUNT",
                "PAID",
                "BLOCK",
                "TRANSACTION"),
            batches.stream().map(BatchesCommand::row).toList());
      }
      return ExitCode.OK;
    }
  }

  private static List<String> row(Batch b) {
    return List.of(
        Long.toString(b.getNumber()),
        state(b),
        Integer.toString(b.getReceiptCount()),
        Integer.toString(b.getVoucherCount()),
        display(b.getAmount()),
        display(b.getPaid()),
        b.getBlockNumber() == 0 ? "" : Long.toString(b.getBlockNumber()),
        Json.hex(b.getTransactionHash()));
  }

  private static String display(String amount) {
    return amount.isEmpty() ? "" : Wire.amount(amount, "batch amount").display();
  }

  private static String state(Batch b) {
    return b.getState().name().replace(STATE_PREFIX, "");
  }

  private static ObjectNode json(Batch b) {
    return Json.object()
        .put("number", b.getNumber())
        .put("state", state(b))
        .put("receiptsRoot", Json.hex(b.getReceiptsRoot()))
        .put("dataCommitment", Json.hex(b.getDataCommitment()))
        .put("receiptCount", b.getReceiptCount())
        .put("voucherCount", b.getVoucherCount())
        .put("amount", b.getAmount())
        .put("paid", b.getPaid())
        .put("fee", b.getFee())
        .put("transactionHash", Json.hex(b.getTransactionHash()))
        .put("blockNumber", b.getBlockNumber())
        .put("blockHash", Json.hex(b.getBlockHash()))
        .put("gasUsed", b.getGasUsed())
        .put("closedAt", b.getClosedAt());
  }
}
