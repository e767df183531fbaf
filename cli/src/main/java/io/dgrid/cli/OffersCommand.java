package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.dgrid.core.receipt.Offer;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.transport.codec.OfferCodec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The order books. */
@Command(
    name = "offers",
    description = "List standing offers, best first; prices in smallest units per million tokens.",
    mixinStandardHelpOptions = true)
final class OffersCommand implements Callable<Integer> {
  private final Output output;

  @Mixin final Connection connection = new Connection();

  @Option(names = "--model", paramLabel = "NAME", description = "Only this model.")
  @Nullable String model;

  OffersCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      Map<ByteString, String> names =
          connection.edge().models().stream()
              .collect(Collectors.toMap(ModelManifest::getModelId, ModelManifest::getName));
      List<StandingOffer> offers =
          model == null
              ? connection.edge().offers()
              : connection
                  .edge()
                  .offers(
                      io.dgrid.transport.codec.Wire.modelId(
                          connection.edge().model(model).getModelId()));
      if (connection.json) {
        ObjectNode out = Json.object();
        var list = out.putArray("offers");
        offers.forEach(o -> list.add(json(o, name(o, names))));
        output.json(out);
      } else {
        output.table(
            List.of("MODEL", "NODE", "WORKER", "INPUT", "OUTPUT", "FREE", "REPUTATION"),
            offers.stream().map(o -> row(o, name(o, names))).toList());
      }
      return ExitCode.OK;
    }
  }

  private static String name(StandingOffer offer, Map<ByteString, String> names) {
    ByteString id = offer.getOffer().getOffer().getModelId();
    return names.getOrDefault(id, Json.hex(id));
  }

  private static List<String> row(StandingOffer standing, String model) {
    Offer offer = OfferCodec.fromWire(standing.getOffer()).statement();
    return List.of(
        model,
        offer.node().toString(),
        standing.getWorker(),
        offer.inputPrice().toString(),
        offer.outputPrice().toString(),
        standing.getFreeSlots() + "/" + offer.slots(),
        NodesCommand.share(standing.getReputationMicros()));
  }

  private static ObjectNode json(StandingOffer standing, String model) {
    Offer offer = OfferCodec.fromWire(standing.getOffer()).statement();
    return Json.object()
        .put("model", model)
        .put("modelId", offer.modelId().toString())
        .put("node", offer.node().toString())
        .put("worker", standing.getWorker())
        .put("inputPrice", offer.inputPrice().toString())
        .put("outputPrice", offer.outputPrice().toString())
        .put("slots", offer.slots())
        .put("freeSlots", standing.getFreeSlots())
        .put("validUntil", offer.validUntil())
        .put("reputationMicros", standing.getReputationMicros());
  }
}
