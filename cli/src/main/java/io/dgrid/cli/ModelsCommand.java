package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.proto.market.v1.ModelManifest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The catalogue. */
@Command(
    name = "models",
    description = "List the models of the network.",
    mixinStandardHelpOptions = true)
final class ModelsCommand implements Callable<Integer> {
  private final Output output;

  @Mixin final Connection connection = new Connection();

  ModelsCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      List<ModelManifest> models = connection.edge().models();
      if (connection.json) {
        ObjectNode out = Json.object();
        var list = out.putArray("models");
        models.forEach(m -> list.add(json(m)));
        output.json(out);
      } else {
        output.table(
            List.of("NAME", "PRECISION", "CONTEXT", "MAX OUTPUT", "CLASS", "MODEL ID"),
            models.stream().map(ModelsCommand::row).toList());
      }
      return ExitCode.OK;
    }
  }

  private static List<String> row(ModelManifest m) {
    return List.of(
        m.getName(),
        m.getPrecision(),
        Integer.toString(m.getContextLength()),
        Integer.toString(m.getMaxOutputTokens()),
        m.getAssuranceClass(),
        Json.hex(m.getModelId()));
  }

  private static ObjectNode json(ModelManifest m) {
    return Json.object()
        .put("modelId", Json.hex(m.getModelId()))
        .put("name", m.getName())
        .put("precision", m.getPrecision())
        .put("contextLength", m.getContextLength())
        .put("maxOutputTokens", m.getMaxOutputTokens())
        .put("assuranceClass", m.getAssuranceClass())
        .put("weightsDigest", Json.hex(m.getWeightsDigest()))
        .put("tokenizerDigest", Json.hex(m.getTokenizerDigest()))
        .put("chatTemplateDigest", Json.hex(m.getChatTemplateDigest()));
  }
}
