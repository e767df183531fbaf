package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.edge.ledger.LedgerRepository;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobEvent.EventCase;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.transport.Channels;
import io.grpc.ManagedChannel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The edge between a real broker, a real database and a fake scheduler. */
@QuarkusTest
@QuarkusTestResource(TestNetwork.class)
class EdgeIT {
  private static ManagedChannel channel;

  @Inject Database database;
  @Inject LedgerRepository ledger;

  private final SigningKey client = SigningKey.random();

  @BeforeEach
  void connect() {
    if (channel == null) {
      channel = Channels.to(TestNetwork.grpc());
    }
  }

  @AfterAll
  static void disconnect() {
    channel.shutdownNow();
    channel = null;
  }

  @Test
  void acceptedJobStreamsItsAnswerAndIsCharged() {
    deposit(TokenAmount.of(1_000_000));

    List<JobEvent> events = new ArrayList<>();
    JobServiceGrpc.newBlockingStub(channel)
        .submit(TestClient.request(client).build().build())
        .forEachRemaining(response -> events.add(response.getEvent()));

    assertThat(events).extracting(JobEvent::getEventCase).startsWith(EventCase.ACCEPTED);
    assertThat(events.getLast().getEventCase()).isEqualTo(EventCase.COMPLETED);
    assertThat(text(events)).isEqualTo("w0 w1 w2 w3 w4 ");
    TokenAmount amount = TokenAmount.parse(events.getLast().getCompleted().getAmount());
    var balances =
        database
            .inTransaction(session -> ledger.read(session, client.address()))
            .await()
            .atMost(Duration.ofSeconds(5));
    assertThat(balances.charged()).isEqualTo(amount);
    assertThat(balances.held()).isEqualTo(TokenAmount.ZERO);
    assertThat(balances.available()).isEqualTo(TokenAmount.of(1_000_000).minus(amount));
  }

  private void deposit(TokenAmount amount) {
    database
        .inTransaction(
            session ->
                ledger.deposit(session, client.address(), UUID.randomUUID().toString(), amount))
        .await()
        .atMost(Duration.ofSeconds(5));
  }

  private static String text(List<JobEvent> events) {
    StringBuilder text = new StringBuilder();
    events.stream().filter(JobEvent::hasChunk).forEach(e -> text.append(e.getChunk().getText()));
    return text.toString();
  }
}
