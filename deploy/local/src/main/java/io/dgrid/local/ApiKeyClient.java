package io.dgrid.local;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.Signed;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.transport.Channels;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Asks an edge for an API key in a client's name. */
public final class ApiKeyClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final Duration KEY_LIFE = Duration.ofDays(90);
  private static final TokenAmount SPEND_CAP = TokenAmount.tokens(100);

  private ApiKeyClient() {}

  /**
   * A new key that may spend 100 tokens within 90 days.
   *
   * @param edge {@code host:port}
   * @return the bearer secret
   * @throws LocalNetworkException {@code NOT_READY} with the edge's answer when it refuses
   */
  public static String create(String edge, SigningKey client, Domain domain) {
    long now = Instant.now().toEpochMilli();
    var wish =
        new ApiKeyCreation(
            client.address(),
            "local network",
            SPEND_CAP,
            now + KEY_LIFE.toMillis(),
            now,
            now + Duration.ofMinutes(1).toMillis());
    Signed<ApiKeyCreation> signed = Signed.by(client, domain, wish);
    ManagedChannel channel = Channels.to(edge);
    try {
      return AccountServiceGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
          .createApiKey(request(signed))
          .getSecret();
    } catch (StatusRuntimeException e) {
      throw new LocalNetworkException(
          Code.NOT_READY, "the edge at " + edge + " issued no API key: " + e.getMessage(), e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static CreateApiKeyRequest request(Signed<ApiKeyCreation> signed) {
    ApiKeyCreation wish = signed.statement();
    return CreateApiKeyRequest.newBuilder()
        .setClient(ByteString.copyFrom(wish.client().toBytes()))
        .setLabel(wish.label())
        .setSpendCap(wish.spendCap().units().toString())
        .setExpiry(wish.expiry())
        .setNonce(wish.nonce())
        .setValidBefore(wish.validBefore())
        .setSignature(ByteString.copyFrom(signed.signature().toBytes()))
        .build();
  }
}
