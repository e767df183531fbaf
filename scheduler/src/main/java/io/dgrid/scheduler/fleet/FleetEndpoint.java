package io.dgrid.scheduler.fleet;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.proto.worker.v1.AttachJobRequest;
import io.dgrid.proto.worker.v1.AttachJobResponse;
import io.dgrid.proto.worker.v1.CancelJobRequest;
import io.dgrid.proto.worker.v1.CancelJobResponse;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.ListNodesRequest;
import io.dgrid.proto.worker.v1.ListNodesResponse;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.dgrid.proto.worker.v1.ModelSpread;
import io.dgrid.proto.worker.v1.OpenReceiptRequest;
import io.dgrid.proto.worker.v1.OpenReceiptResponse;
import io.dgrid.proto.worker.v1.ScoreReceiptRequest;
import io.dgrid.proto.worker.v1.ScoreReceiptResponse;
import io.dgrid.scheduler.Answers;
import io.dgrid.scheduler.dispatch.FleetDesk;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.transport.codec.Wire;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** The internal door of edges and oracle. */
@GrpcService
class FleetEndpoint extends FleetServiceGrpc.FleetServiceImplBase {
  private static final Duration LOOP_LIMIT = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(90);

  private final Loop loop;
  private final FleetDesk desk;

  FleetEndpoint(Loop loop, FleetDesk desk) {
    this.loop = loop;
    this.desk = desk;
  }

  @Override
  public void listOffers(ListOffersRequest request, StreamObserver<ListOffersResponse> out) {
    Optional<ModelId> model =
        request.getModelId().isEmpty()
            ? Optional.empty()
            : Optional.of(Wire.modelId(request.getModelId()));
    answer(
        out,
        LOOP_LIMIT,
        () ->
            CompletableFuture.completedFuture(
                ListOffersResponse.newBuilder()
                    .addAllOffers(desk.offers(model))
                    .addAllSpreads(spreads(model))
                    .build()));
  }

  private List<ModelSpread> spreads(Optional<ModelId> wanted) {
    return desk.spreads().entrySet().stream()
        .filter(
            each -> each.getValue() > 1 && wanted.filter(m -> !m.equals(each.getKey())).isEmpty())
        .map(
            each ->
                ModelSpread.newBuilder()
                    .setModelId(Wire.bytes(each.getKey()))
                    .setSpread(each.getValue())
                    .build())
        .toList();
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
    answer(
        out,
        LOOP_LIMIT,
        () ->
            CompletableFuture.completedFuture(
                ListNodesResponse.newBuilder().addAllNodes(desk.nodes()).build()));
  }

  @Override
  public void attachJob(AttachJobRequest request, StreamObserver<AttachJobResponse> out) {
    JobId job = Wire.jobId(request.getJobId());
    int from = Wire.count(request.getFromPosition(), "from_position");
    if (request.getReplyTo().isBlank()) {
      throw Wire.invalid("reply_to", "host:port");
    }
    answer(
        out,
        LOOP_LIMIT,
        () ->
            CompletableFuture.completedFuture(
                AttachJobResponse.newBuilder()
                    .setJob(desk.attach(job, request.getReplyTo(), from))
                    .build()));
  }

  @Override
  public void cancelJob(CancelJobRequest request, StreamObserver<CancelJobResponse> out) {
    JobId job = Wire.jobId(request.getJobId());
    answer(
        out,
        LOOP_LIMIT,
        () ->
            CompletableFuture.completedFuture(
                CancelJobResponse.newBuilder()
                    .setState(desk.cancel(job, request.getReason()))
                    .build()));
  }

  @Override
  public void openReceipt(OpenReceiptRequest request, StreamObserver<OpenReceiptResponse> out) {
    ReceiptHash receipt = Wire.receiptHash(request.getReceiptHash());
    Address node = Wire.address(request.getNode(), "node");
    answer(
        out,
        ANSWER_LIMIT,
        () ->
            desk.open(receipt, node)
                .thenApply(
                    opening -> OpenReceiptResponse.newBuilder().setOpening(opening).build()));
  }

  @Override
  public void scoreReceipt(ScoreReceiptRequest request, StreamObserver<ScoreReceiptResponse> out) {
    ModelId model = Wire.modelId(request.getModelId());
    Set<Address> excluded =
        request.getExcludedList().stream()
            .map((ByteString bytes) -> Wire.address(bytes, "excluded"))
            .collect(Collectors.toUnmodifiableSet());
    answer(
        out,
        ANSWER_LIMIT,
        () ->
            desk.score(model, request.getOpening(), excluded)
                .thenApply(scores -> ScoreReceiptResponse.newBuilder().setScores(scores).build()));
  }

  private <T> void answer(
      StreamObserver<T> out, Duration limit, Supplier<CompletableFuture<T>> question) {
    Answers.answer(loop::execute, out, limit, question);
  }
}
