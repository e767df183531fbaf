package io.dgrid.edge.market;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.proto.market.v1.GetModelRequest;
import io.dgrid.proto.market.v1.GetModelResponse;
import io.dgrid.proto.market.v1.ListModelsRequest;
import io.dgrid.proto.market.v1.ListModelsResponse;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.proto.market.v1.ModelService;
import io.dgrid.transport.codec.Wire;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.util.Comparator;
import java.util.Optional;

/** The catalogue. */
@GrpcService
class ModelEndpoint implements ModelService {
  private final Catalogue catalogue;

  ModelEndpoint(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  @Override
  public Uni<ListModelsResponse> listModels(ListModelsRequest request) {
    ListModelsResponse.Builder response = ListModelsResponse.newBuilder();
    catalogue.entries().stream()
        .sorted(Comparator.comparing(entry -> entry.manifest().name()))
        .forEach(entry -> response.addModels(toWire(entry)));
    return Uni.createFrom().item(response.build());
  }

  @Override
  public Uni<GetModelResponse> getModel(GetModelRequest request) {
    return Uni.createFrom()
        .item(() -> GetModelResponse.newBuilder().setModel(toWire(find(request))).build());
  }

  private CatalogueEntry find(GetModelRequest request) {
    Optional<CatalogueEntry> found =
        switch (request.getKeyCase()) {
          case MODEL_ID -> catalogue.find(Wire.modelId(request.getModelId()));
          case NAME -> catalogue.find(request.getName());
          case KEY_NOT_SET -> throw Wire.invalid("key", "a model id or a name");
        };
    return found.orElseThrow(
        () -> new DGridException(ErrorCode.UNKNOWN_MODEL, "no such model in the catalogue"));
  }

  private static ModelManifest toWire(CatalogueEntry entry) {
    var m = entry.manifest();
    return ModelManifest.newBuilder()
        .setModelId(Wire.bytes(m.id()))
        .setName(m.name())
        .setWeightsDigest(Wire.bytes(m.weightsDigest()))
        .setTokenizerDigest(Wire.bytes(m.tokenizerDigest()))
        .setChatTemplateDigest(Wire.bytes(m.chatTemplateDigest()))
        .setPrecision(m.precision())
        .setContextLength(m.contextLength())
        .setMaxOutputTokens(m.maxOutputTokens())
        .setAssuranceClass(m.assuranceClass())
        .build();
  }
}
