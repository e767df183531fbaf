package io.dgrid.edge.account;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.ApiKeyRevocation;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.proto.market.v1.AccountService;
import io.dgrid.proto.market.v1.ApiKey;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.proto.market.v1.GetChannelRequest;
import io.dgrid.proto.market.v1.GetChannelResponse;
import io.dgrid.proto.market.v1.GetNetworkRequest;
import io.dgrid.proto.market.v1.GetNetworkResponse;
import io.dgrid.proto.market.v1.GetUsageRequest;
import io.dgrid.proto.market.v1.GetUsageResponse;
import io.dgrid.proto.market.v1.ListApiKeysRequest;
import io.dgrid.proto.market.v1.ListApiKeysResponse;
import io.dgrid.proto.market.v1.RevokeApiKeyRequest;
import io.dgrid.proto.market.v1.RevokeApiKeyResponse;
import io.dgrid.proto.market.v1.SubmitVoucherRequest;
import io.dgrid.proto.market.v1.SubmitVoucherResponse;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.Wire;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;

/** Credit, keys and vouchers. What reveals or changes something needs the client's signature. */
@GrpcService
class AccountEndpoint implements AccountService {
  private static final int MAX_LABEL = 64;

  private final AccountStatements statements;
  private final AccountViews views;
  private final ApiKeyRepository apiKeys;
  private final Vouchers vouchers;
  private final Domain domain;
  private final Signer edge;
  private final EdgeConfig config;

  AccountEndpoint(
      AccountStatements statements,
      AccountViews views,
      ApiKeyRepository apiKeys,
      Vouchers vouchers,
      Domain domain,
      Signer edge,
      EdgeConfig config) {
    this.statements = statements;
    this.views = views;
    this.apiKeys = apiKeys;
    this.vouchers = vouchers;
    this.domain = domain;
    this.edge = edge;
    this.config = config;
  }

  @Override
  public Uni<GetNetworkResponse> getNetwork(GetNetworkRequest request) {
    GetNetworkResponse.Builder network =
        GetNetworkResponse.newBuilder()
            .setChainId(domain.chainId())
            .setEdgeKey(Wire.bytes(edge.address()))
            .setFeeBasisPoints(config.feeBasisPoints());
    config
        .contracts()
        .forEach(
            (name, address) -> network.putContracts(name, Wire.bytes(Address.fromHex(address))));
    network.putContracts("Settlement", Wire.bytes(domain.settlement()));
    config.oracleAddress().ifPresent(a -> network.setOracle(Wire.bytes(Address.fromHex(a))));
    return Uni.createFrom().item(network.build());
  }

  @Override
  public Uni<GetBalanceResponse> getBalance(GetBalanceRequest request) {
    return views.balance(statements.reader(request.getProof()));
  }

  @Override
  public Uni<CreateApiKeyResponse> createApiKey(CreateApiKeyRequest request) {
    Address client = Wire.address(request.getClient(), "client");
    if (request.getLabel().codePointCount(0, request.getLabel().length()) > MAX_LABEL) {
      throw Wire.invalid("label", "at most 64 characters");
    }
    TokenAmount cap = Wire.amount(request.getSpendCap(), "spend_cap");
    ApiKeyCreation wish =
        new ApiKeyCreation(
            client,
            request.getLabel(),
            cap,
            request.getExpiry(),
            request.getNonce(),
            request.getValidBefore());
    statements.requireFresh(wish.validBefore());
    statements.requireSigned(wish, client, Wire.signature(request.getSignature(), "signature"));
    return apiKeys
        .create(wish)
        .map(
            created ->
                CreateApiKeyResponse.newBuilder()
                    .setKeyId(Wire.bytes(created.keyId()))
                    .setSecret(created.secret())
                    .build());
  }

  @Override
  public Uni<ListApiKeysResponse> listApiKeys(ListApiKeysRequest request) {
    return apiKeys
        .list(statements.reader(request.getProof()))
        .map(
            rows ->
                ListApiKeysResponse.newBuilder()
                    .addAllKeys(rows.stream().map(AccountEndpoint::toWire).toList())
                    .build());
  }

  @Override
  public Uni<RevokeApiKeyResponse> revokeApiKey(RevokeApiKeyRequest request) {
    Address client = Wire.address(request.getClient(), "client");
    ApiKeyRevocation wish =
        new ApiKeyRevocation(
            client,
            Wire.hash(request.getKeyId(), "key_id"),
            request.getNonce(),
            request.getValidBefore());
    statements.requireFresh(wish.validBefore());
    statements.requireSigned(wish, client, Wire.signature(request.getSignature(), "signature"));
    return apiKeys.revoke(wish).replaceWith(RevokeApiKeyResponse.getDefaultInstance());
  }

  @Override
  public Uni<GetChannelResponse> getChannel(GetChannelRequest request) {
    return vouchers.channel(
        Wire.address(request.getClient(), "client"), Wire.address(request.getNode(), "node"));
  }

  @Override
  public Uni<SubmitVoucherResponse> submitVoucher(SubmitVoucherRequest request) {
    return vouchers
        .submit(VoucherCodec.fromWire(request.getVoucher()))
        .map(hash -> SubmitVoucherResponse.newBuilder().setVoucherHash(Wire.bytes(hash)).build());
  }

  @Override
  public Uni<GetUsageResponse> getUsage(GetUsageRequest request) {
    return views.usage(statements.reader(request.getProof()));
  }

  private static ApiKey toWire(ApiKeyRow row) {
    return ApiKey.newBuilder()
        .setKeyId(Wire.bytes(io.dgrid.core.identity.Hash.fromHex(row.keyId)))
        .setLabel(row.label)
        .setSpendCap(row.spendCap.toString())
        .setSpent(row.spent.toString())
        .setExpiry(row.expiry)
        .setRevoked(row.revoked)
        .build();
  }
}
