package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.cli.proof.Check;
import io.dgrid.cli.proof.SegmentReader;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.transport.codec.Wire;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--save",
      paramLabel = "FOLDER",
      description = "Also fetch the batches' bytes, check them, and keep each in a file there.")
  @Nullable Path save;

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
      return save == null || saved(batches, save) ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  /** A file that is there was checked when it was written. */
  private boolean saved(List<Batch> batches, Path folder) {
    SegmentReader reader = new SegmentReader(connection.edge()::segmentPart);
    boolean all = true;
    try {
      Files.createDirectories(folder);
      for (Batch batch : batches) {
        Path file = folder.resolve(Json.hex(batch.getDataCommitment()).substring(2) + ".segment");
        if (!Files.exists(file)) {
          all &= save(reader, batch, file);
        }
      }
    } catch (IOException refused) {
      throw new UnreachableException("cannot write to " + folder, refused);
    }
    return all;
  }

  private boolean save(SegmentReader reader, Batch batch, Path file) throws IOException {
    Path staging = Files.createTempFile(file.toAbsolutePath().getParent(), "segment-", ".tmp");
    try {
      Check check;
      try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(staging))) {
        check = reader.copy("batch " + batch.getNumber() + " segment", batch, to);
      }
      if (check.result() != Check.Result.GOOD) {
        output.error(check.name() + ": " + check.detail());
        return false;
      }
      Files.move(staging, file, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } finally {
      Files.deleteIfExists(staging);
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
