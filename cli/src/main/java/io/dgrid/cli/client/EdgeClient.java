package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.CancelRequest;
import io.dgrid.proto.job.v1.GetRequest;
import io.dgrid.proto.job.v1.Job;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.proto.job.v1.ResumeResponse;
import io.dgrid.proto.job.v1.SubmitRequest;
import io.dgrid.proto.job.v1.SubmitResponse;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.proto.market.v1.GetChannelRequest;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.proto.market.v1.GetModelRequest;
import io.dgrid.proto.market.v1.GetNetworkRequest;
import io.dgrid.proto.market.v1.ListApiKeysRequest;
import io.dgrid.proto.market.v1.ListApiKeysResponse;
import io.dgrid.proto.market.v1.ListModelsRequest;
import io.dgrid.proto.market.v1.ListNodesRequest;
import io.dgrid.proto.market.v1.ListOffersRequest;
import io.dgrid.proto.market.v1.MarketServiceGrpc;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.proto.market.v1.ModelServiceGrpc;
import io.dgrid.proto.market.v1.Node;
import io.dgrid.proto.market.v1.RevokeApiKeyRequest;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.market.v1.SubmitVoucherRequest;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.GetAuditBundleRequest;
import io.dgrid.proto.settlement.v1.GetSegmentPartRequest;
import io.dgrid.proto.settlement.v1.GetSegmentPartResponse;
import io.dgrid.proto.settlement.v1.ListBatchesRequest;
import io.dgrid.proto.settlement.v1.ProofServiceGrpc;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.error.StatusCodec;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Blocking calls to one edge. Every failure is a {@link DGridException}; UNAVAILABLE when nothing
 * answers.
 */
public final class EdgeClient implements AutoCloseable {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  private final String target;
  private final ManagedChannel channel;
  private final JobServiceGrpc.JobServiceBlockingStub jobs;
  private final ModelServiceGrpc.ModelServiceBlockingStub models;
  private final MarketServiceGrpc.MarketServiceBlockingStub market;
  private final AccountServiceGrpc.AccountServiceBlockingStub accounts;
  private final ProofServiceGrpc.ProofServiceBlockingStub proofs;

  /**
   * Connects on first use.
   *
   * @param target {@code host:port}
   */
  public EdgeClient(String target) {
    this.target = target;
    channel = Channels.to(target);
    jobs = JobServiceGrpc.newBlockingStub(channel);
    models = ModelServiceGrpc.newBlockingStub(channel);
    market = MarketServiceGrpc.newBlockingStub(channel);
    accounts = AccountServiceGrpc.newBlockingStub(channel);
    proofs = ProofServiceGrpc.newBlockingStub(channel);
  }

  public String target() {
    return target;
  }

  public Network network() {
    return Network.fromWire(
        call(() -> bounded(accounts).getNetwork(GetNetworkRequest.getDefaultInstance())));
  }

  public List<ModelManifest> models() {
    return call(
        () -> bounded(models).listModels(ListModelsRequest.getDefaultInstance()).getModelsList());
  }

  /** Fails with UNKNOWN_MODEL. */
  public ModelManifest model(String name) {
    return call(
        () ->
            bounded(models)
                .getModel(GetModelRequest.newBuilder().setName(name).build())
                .getModel());
  }

  /** Standing offers of all models, best first per model. */
  public List<StandingOffer> offers() {
    return call(
        () -> bounded(market).listOffers(ListOffersRequest.getDefaultInstance()).getOffersList());
  }

  /** Standing offers of one model, best first. */
  public List<StandingOffer> offers(ModelId model) {
    ListOffersRequest request =
        ListOffersRequest.newBuilder().setModelId(Wire.bytes(model)).build();
    return call(() -> bounded(market).listOffers(request).getOffersList());
  }

  public List<Node> nodes() {
    return call(
        () -> bounded(market).listNodes(ListNodesRequest.getDefaultInstance()).getNodesList());
  }

  /** The job's events; the iterator's failures are raw status, see {@link StatusCodec}. */
  Iterator<SubmitResponse> submit(SubmitRequest request) {
    return jobs.submit(request);
  }

  /** The job's events from a token position on; the iterator's failures are raw status. */
  Iterator<ResumeResponse> resume(JobId job, int nextPosition) {
    return jobs.resume(
        ResumeRequest.newBuilder().setJobId(Wire.bytes(job)).setNextSequence(nextPosition).build());
  }

  public Job job(JobId job) {
    GetRequest request = GetRequest.newBuilder().setJobId(Wire.bytes(job)).build();
    return call(() -> bounded(jobs).get(request).getJob());
  }

  /** Ends a job; what was delivered is billed. Idempotent. */
  public void cancel(JobId job) {
    CancelRequest request = CancelRequest.newBuilder().setJobId(Wire.bytes(job)).build();
    call(() -> bounded(jobs).cancel(request));
  }

  public GetBalanceResponse balance(GetBalanceRequest request) {
    return call(() -> bounded(accounts).getBalance(request));
  }

  public CreateApiKeyResponse createApiKey(CreateApiKeyRequest request) {
    return call(() -> bounded(accounts).createApiKey(request));
  }

  public ListApiKeysResponse listApiKeys(ListApiKeysRequest request) {
    return call(() -> bounded(accounts).listApiKeys(request));
  }

  public void revokeApiKey(RevokeApiKeyRequest request) {
    call(() -> bounded(accounts).revokeApiKey(request));
  }

  /** Newest voucher between client and node, and receipts that wait for one. */
  public GetChannelResponse channel(Address client, Address node) {
    GetChannelRequest request =
        GetChannelRequest.newBuilder()
            .setClient(Wire.bytes(client))
            .setNode(Wire.bytes(node))
            .build();
    return call(() -> bounded(accounts).getChannel(request));
  }

  /** Fails with VOUCHER_STALE when the channel moved on. */
  public Hash submitVoucher(SignedVoucher voucher) {
    SubmitVoucherRequest request = SubmitVoucherRequest.newBuilder().setVoucher(voucher).build();
    return Wire.hash(
        call(() -> bounded(accounts).submitVoucher(request).getVoucherHash()), "voucher_hash");
  }

  /** Everything said about a job; parts that are pending are absent. */
  public AuditBundle auditBundle(JobId job) {
    GetAuditBundleRequest request =
        GetAuditBundleRequest.newBuilder().setJobId(Wire.bytes(job)).build();
    return call(() -> bounded(proofs).getAuditBundle(request).getBundle());
  }

  /**
   * Newest first.
   *
   * @param limit 1 to 1000
   */
  public List<Batch> batches(int limit) {
    ListBatchesRequest request = ListBatchesRequest.newBuilder().setLimit(limit).build();
    return call(() -> bounded(proofs).listBatches(request).getBatchesList());
  }

  /** Some bytes of a batch, as this edge says; only a whole segment can be checked. */
  public GetSegmentPartResponse segmentPart(Hash commitment, long offset) {
    GetSegmentPartRequest request =
        GetSegmentPartRequest.newBuilder()
            .setDataCommitment(Wire.bytes(commitment))
            .setOffset(offset)
            .build();
    return call(() -> bounded(proofs).getSegmentPart(request));
  }

  private static <S extends AbstractStub<S>> S bounded(S stub) {
    return stub.withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException failure) {
      throw explain(failure);
    }
  }

  /** The coded failure in a status; says which edge when none of them gave a reason. */
  DGridException explain(StatusRuntimeException failure) {
    Metadata trailers = failure.getTrailers();
    boolean silent =
        failure.getStatus().getCode() == Status.Code.UNAVAILABLE
            && (trailers == null || !trailers.containsKey(DETAILS));
    return silent
        ? new DGridException(ErrorCode.UNAVAILABLE, "edge " + target + " does not answer")
        : StatusCodec.fromStatus(failure);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
