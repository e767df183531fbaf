package io.dgrid.cli.client;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.AccountRead;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.ApiKeyRevocation;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.market.v1.AccountProof;
import io.dgrid.proto.market.v1.ApiKey;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.proto.market.v1.ListApiKeysRequest;
import io.dgrid.proto.market.v1.RevokeApiKeyRequest;
import io.dgrid.transport.codec.Wire;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** A client's account at an edge: every call is signed by the client itself. */
public final class Account {
  private static final Duration VALIDITY = Duration.ofMinutes(5);

  private final EdgeClient edge;
  private final Network network;
  private final Signer client;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  public Account(EdgeClient edge, Network network, Signer client, InstantSource clock) {
    this.edge = edge;
    this.network = network;
    this.client = client;
    this.clock = clock;
  }

  public GetBalanceResponse balance() {
    return edge.balance(GetBalanceRequest.newBuilder().setProof(proof()).build());
  }

  public List<ApiKey> apiKeys() {
    return edge.listApiKeys(ListApiKeysRequest.newBuilder().setProof(proof()).build())
        .getKeysList();
  }

  /**
   * Makes an API key; its secret is shown in this answer only.
   *
   * @param expiry Unix milliseconds
   */
  public CreateApiKeyResponse createApiKey(String label, TokenAmount spendCap, long expiry) {
    ApiKeyCreation creation =
        new ApiKeyCreation(client.address(), label, spendCap, expiry, nonce(), validBefore());
    return edge.createApiKey(
        CreateApiKeyRequest.newBuilder()
            .setClient(Wire.bytes(client.address()))
            .setLabel(label)
            .setSpendCap(spendCap.toString())
            .setExpiry(expiry)
            .setNonce(creation.nonce())
            .setValidBefore(creation.validBefore())
            .setSignature(Wire.bytes(Signed.by(client, network.domain(), creation).signature()))
            .build());
  }

  /** Ends a key at once. Idempotent. */
  public void revokeApiKey(Hash keyId) {
    ApiKeyRevocation revocation =
        new ApiKeyRevocation(client.address(), keyId, nonce(), validBefore());
    edge.revokeApiKey(
        RevokeApiKeyRequest.newBuilder()
            .setClient(Wire.bytes(client.address()))
            .setKeyId(Wire.bytes(keyId))
            .setNonce(revocation.nonce())
            .setValidBefore(revocation.validBefore())
            .setSignature(Wire.bytes(Signed.by(client, network.domain(), revocation).signature()))
            .build());
  }

  private AccountProof proof() {
    AccountRead read = new AccountRead(client.address(), validBefore());
    return AccountProof.newBuilder()
        .setClient(Wire.bytes(client.address()))
        .setValidBefore(read.validBefore())
        .setSignature(Wire.bytes(Signed.by(client, network.domain(), read).signature()))
        .build();
  }

  private long nonce() {
    return random.nextLong() & Long.MAX_VALUE;
  }

  private long validBefore() {
    return clock.millis() + VALIDITY.toMillis();
  }
}
