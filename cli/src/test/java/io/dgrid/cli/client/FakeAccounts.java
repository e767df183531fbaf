package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.proto.market.v1.AccountServiceGrpc.AccountServiceImplBase;
import io.dgrid.proto.market.v1.GetChannelRequest;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.proto.market.v1.ListNodesRequest;
import io.dgrid.proto.market.v1.ListNodesResponse;
import io.dgrid.proto.market.v1.MarketServiceGrpc.MarketServiceImplBase;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.market.v1.SubmitVoucherRequest;
import io.dgrid.proto.market.v1.SubmitVoucherResponse;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/** The account side of an edge over real gRPC, that shows a channel exactly as it is told to. */
final class FakeAccounts extends AccountServiceImplBase implements AutoCloseable {
  private final Server server;
  private final Address node;
  private final Queue<DGridException> refusals = new ArrayDeque<>();
  final List<VoucherStep> submitted = new ArrayList<>();
  long epoch = 1;
  Optional<VoucherStep> newest = Optional.empty();
  List<IssuedReceipt> open = List.of();

  /** Whether a voucher that is taken becomes the newest. */
  boolean honest = true;

  FakeAccounts(Address node) {
    this.node = node;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(this)
            .addService(new Market())
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  EdgeClient client() {
    return new EdgeClient("127.0.0.1:" + server.getPort());
  }

  /** The next voucher is received, and answered with this. */
  void refuseNext(DGridException refusal) {
    refusals.add(refusal);
  }

  @Override
  public void getChannel(GetChannelRequest request, StreamObserver<GetChannelResponse> out) {
    GetChannelResponse.Builder channel = GetChannelResponse.newBuilder().setChannelEpoch(epoch);
    newest.ifPresent(step -> channel.setNewest(VoucherCodec.toWire(step)));
    open.forEach(receipt -> channel.addUnconfirmed(ReceiptCodec.toWire(receipt)));
    out.onNext(channel.build());
    out.onCompleted();
  }

  @Override
  public void submitVoucher(
      SubmitVoucherRequest request, StreamObserver<SubmitVoucherResponse> out) {
    VoucherStep step = VoucherCodec.fromWire(request.getVoucher());
    submitted.add(step);
    DGridException refusal = refusals.poll();
    if (refusal != null) {
      out.onError(StatusCodec.toStatus(refusal));
      return;
    }
    if (honest) {
      newest = Optional.of(step);
    }
    out.onNext(
        SubmitVoucherResponse.newBuilder()
            .setVoucherHash(Wire.bytes(step.voucher().statement().digest(Fixture.DOMAIN)))
            .build());
    out.onCompleted();
  }

  private final class Market extends MarketServiceImplBase {
    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> out) {
      out.onNext(
          ListNodesResponse.newBuilder()
              .addNodes(Node.newBuilder().setAddress(Wire.bytes(node)))
              .build());
      out.onCompleted();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
