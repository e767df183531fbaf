package io.dgrid.edge.market;

import com.google.protobuf.ByteString;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.market.v1.GetPriceHistoryRequest;
import io.dgrid.proto.market.v1.GetPriceHistoryResponse;
import io.dgrid.proto.market.v1.ListNodesRequest;
import io.dgrid.proto.market.v1.ListNodesResponse;
import io.dgrid.proto.market.v1.ListOffersRequest;
import io.dgrid.proto.market.v1.ListOffersResponse;
import io.dgrid.proto.market.v1.MarketServiceGrpc;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.market.v1.PricePoint;
import io.dgrid.proto.market.v1.WatchPricesRequest;
import io.dgrid.proto.market.v1.WatchPricesResponse;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.dgrid.transport.stream.StreamPump;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The market as all schedulers together see it. */
@GrpcService
class MarketEndpoint extends MarketServiceGrpc.MarketServiceImplBase {
  private static final int WATCH_OUTBOX = 64;
  private static final int DEFAULT_HISTORY = 100;
  private static final int MAX_HISTORY = 1000;

  private final OffersView offers;
  private final SchedulersClient schedulers;
  private final PriceRepository prices;
  private final PriceFeed feed;

  MarketEndpoint(
      OffersView offers, SchedulersClient schedulers, PriceRepository prices, PriceFeed feed) {
    this.offers = offers;
    this.schedulers = schedulers;
    this.prices = prices;
    this.feed = feed;
  }

  @Override
  public void listOffers(ListOffersRequest request, StreamObserver<ListOffersResponse> out) {
    Optional<ModelId> model = model(request.getModelId());
    answer(
        out,
        offers
            .all()
            .map(
                all ->
                    ListOffersResponse.newBuilder()
                        .addAllOffers(
                            all.stream()
                                .filter(
                                    o ->
                                        model.isEmpty()
                                            || o.getOffer()
                                                .getOffer()
                                                .getModelId()
                                                .equals(request.getModelId()))
                                .toList())
                        .build()));
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
    answer(
        out,
        schedulers
            .askAll(
                stub ->
                    stub.listNodes(io.dgrid.proto.worker.v1.ListNodesRequest.getDefaultInstance()))
            .map(
                answers ->
                    ListNodesResponse.newBuilder()
                        .addAllNodes(
                            merged(
                                answers.stream().flatMap(a -> a.getNodesList().stream()).toList()))
                        .build()));
  }

  @Override
  public void watchPrices(WatchPricesRequest request, StreamObserver<WatchPricesResponse> out) {
    Optional<ModelId> model = model(request.getModelId());
    ServerCallStreamObserver<WatchPricesResponse> call =
        (ServerCallStreamObserver<WatchPricesResponse>) out;
    StreamPump<WatchPricesResponse> pump = new StreamPump<>(call, WATCH_OUTBOX);
    // A full outbox loses the point: a slow reader never slows the market.
    Consumer<PricePoint> watcher =
        point -> {
          if (model.isEmpty() || point.getModelId().equals(request.getModelId())) {
            pump.offer(WatchPricesResponse.newBuilder().setPoint(point).build());
          }
        };
    call.setOnCancelHandler(
        () -> {
          feed.unwatch(watcher);
          pump.abandon();
        });
    feed.watch(watcher);
  }

  @Override
  public void getPriceHistory(
      GetPriceHistoryRequest request, StreamObserver<GetPriceHistoryResponse> out) {
    int limit = request.getLimit() == 0 ? DEFAULT_HISTORY : request.getLimit();
    if (limit < 1 || limit > MAX_HISTORY) {
      throw Wire.invalid("limit", "1 to " + MAX_HISTORY);
    }
    answer(
        out,
        prices
            .history(model(request.getModelId()), limit)
            .map(points -> GetPriceHistoryResponse.newBuilder().addAllPoints(points).build()));
  }

  private static Optional<ModelId> model(ByteString id) {
    return id.isEmpty() ? Optional.empty() : Optional.of(Wire.modelId(id));
  }

  /** A node may hold sessions with several schedulers: one row for it. */
  private static Collection<Node> merged(List<Node> nodes) {
    Map<ByteString, Node> byAddress = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
    for (Node node : nodes) {
      byAddress.merge(node.getAddress(), node, MarketEndpoint::merge);
    }
    return byAddress.values();
  }

  private static Node merge(Node a, Node b) {
    Node base = a.getOnline() ? a : b;
    Node other = base == a ? b : a;
    return base.toBuilder()
        .clearWorkers()
        .addAllWorkers(
            java.util.stream.Stream.concat(a.getWorkersList().stream(), b.getWorkersList().stream())
                .distinct()
                .sorted(Comparator.naturalOrder())
                .toList())
        .setRunning(base.getRunning() + other.getRunning())
        .build();
  }

  private static <T> void answer(StreamObserver<T> out, Uni<T> answer) {
    answer
        .subscribe()
        .with(
            item -> {
              out.onNext(item);
              out.onCompleted();
            },
            failure ->
                out.onError(
                    failure instanceof io.dgrid.core.error.DGridException coded
                        ? StatusCodec.toStatus(coded)
                        : io.grpc.Status.UNKNOWN.withCause(failure).asRuntimeException()));
  }
}
