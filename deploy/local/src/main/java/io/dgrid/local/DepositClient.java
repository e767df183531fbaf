package io.dgrid.local;

import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.AccountRead;
import io.dgrid.core.receipt.Signed;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.proto.market.v1.AccountProof;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.transport.Channels;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Asks an edge whether it knows of a client's money. */
final class DepositClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private DepositClient() {}

  /**
   * Waits until the edge has booked the client's deposit: from then on a question is answered.
   *
   * @param edge {@code host:port}
   * @throws LocalNetworkException {@code NOT_READY} when it has not within a minute
   */
  static void await(String edge, SigningKey client, Domain domain) {
    Instant until = Instant.now().plus(PATIENCE);
    ManagedChannel channel = Channels.to(edge);
    try {
      while (!hasDeposit(channel, client, domain)) {
        if (Instant.now().isAfter(until)) {
          throw new LocalNetworkException(
              Code.NOT_READY,
              "the edge at %s does not know of the client's deposit after %d s: does settlement.log"
                      .formatted(edge, PATIENCE.toSeconds())
                  + " say that the chain answers?");
        }
        Thread.sleep(PAUSE);
      }
    } catch (StatusRuntimeException e) {
      throw new LocalNetworkException(
          Code.NOT_READY, "the edge at " + edge + " told no balance: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalNetworkException(Code.NOT_READY, "interrupted", e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean hasDeposit(ManagedChannel channel, SigningKey client, Domain domain) {
    var read =
        new AccountRead(client.address(), Instant.now().plus(Duration.ofMinutes(1)).toEpochMilli());
    AccountProof proof =
        AccountProof.newBuilder()
            .setClient(ByteString.copyFrom(read.client().toBytes()))
            .setValidBefore(read.validBefore())
            .setSignature(
                ByteString.copyFrom(Signed.by(client, domain, read).signature().toBytes()))
            .build();
    String deposited =
        AccountServiceGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
            .getBalance(GetBalanceRequest.newBuilder().setProof(proof).build())
            .getDeposited();
    return !deposited.equals("0");
  }
}
