package io.dgrid.acceptance.dsl;

import io.dgrid.core.identity.Address;
import io.dgrid.local.process.ManagedProcess;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.FleetServiceGrpc.FleetServiceBlockingStub;
import io.dgrid.proto.worker.v1.ListNodesRequest;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** One of several schedulers, and what it says to the network's own services. */
public final class Scheduler extends Part {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final int SECONDS = 5;

  private final String target;
  private final Metadata credentials = new Metadata();

  Scheduler(ManagedProcess process, String target, String token) {
    super(process);
    this.target = target;
    credentials.put(TOKEN, "Bearer " + token);
  }

  /** Nodes whose offers stand in its books; none when it owns no model or does not answer. */
  public List<Address> books() {
    return ask(
        fleet ->
            fleet.listOffers(ListOffersRequest.getDefaultInstance()).getOffersList().stream()
                .map(offer -> Wire.address(offer.getOffer().getOffer().getNode(), "node"))
                .toList());
  }

  /** Nodes whose workers dialled it. */
  public List<Address> sessions() {
    return ask(
        fleet ->
            fleet.listNodes(ListNodesRequest.getDefaultInstance()).getNodesList().stream()
                .map(node -> Wire.address(node.getAddress(), "node"))
                .toList());
  }

  private List<Address> ask(Function<FleetServiceBlockingStub, List<Address>> question) {
    ManagedChannel channel = Channels.to(target);
    try {
      return question.apply(
          FleetServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(credentials))
              .withDeadlineAfter(SECONDS, TimeUnit.SECONDS));
    } catch (StatusRuntimeException away) {
      return List.of();
    } finally {
      channel.shutdownNow();
    }
  }
}
