package io.dgrid.acceptance.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.cli.client.Account;
import io.dgrid.cli.client.Asker;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.SignedQuestion;
import io.dgrid.cli.client.Vouchers;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A party that asks and pays. It signs everything itself and trusts no edge. */
public final class Client {
  private final Network network;
  private final SigningKey key;
  private final List<EdgeClient> edges;
  private final Account account;
  private final Vouchers vouchers;

  Client(Network network, SigningKey key) {
    this(network, key, List.of(network.edge()));
  }

  private Client(Network network, SigningKey key, List<EdgeClient> edges) {
    this.network = network;
    this.key = key;
    this.edges = edges;
    EdgeClient books = edges.getLast();
    account = new Account(books, network.terms(), key, InstantSource.system());
    vouchers =
        new Vouchers(
            books, network.terms(), key, InstantSource.system(), Optional.of(network.chain()));
  }

  /** The same party, which goes on at another edge when the first one breaks off. */
  public Client alsoAt(OtherEdge other) {
    return new Client(network, key, List.of(network.edge(), other.client()));
  }

  public Address address() {
    return key.address();
  }

  /** Asks, waits for the answer and confirms its receipts. */
  public Answer asks(String question) {
    return asks(Ask.question(question));
  }

  /** Asks, waits for the answer and confirms its receipts. */
  public Answer asks(Ask ask) {
    return startsToAsk(ask).answer();
  }

  /** Asks again for as long as it is told to try again later. */
  public Answer asksUntilAnswered(Ask ask) {
    return Eventually.comes("answer", () -> tries(ask));
  }

  private Optional<Answer> tries(Ask ask) {
    try {
      return Optional.of(asks(ask)).filter(answer -> answer.failure().isEmpty());
    } catch (DGridException refused) {
      if (!refused.retryable()) {
        throw refused;
      }
      return Optional.empty();
    }
  }

  /** Asks and goes on. */
  public PendingAnswer startsToAsk(Ask ask) {
    return startsToAsk(ask, () -> {});
  }

  /** Asks and goes on; the action runs when the first text is here, and no more is read before. */
  public PendingAnswer startsToAsk(Ask ask, Runnable atFirstText) {
    return startsToAsk(signs(ask), atFirstText);
  }

  /** Sends what was signed before. */
  public Answer asks(SignedQuestion asked) {
    return startsToAsk(asked, () -> {}).answer();
  }

  private PendingAnswer startsToAsk(SignedQuestion asked, Runnable atFirstText) {
    PendingAnswer pending = new PendingAnswer(atFirstText);
    Asker asker = new Asker(edges);
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("asker")
        .start(
            () -> {
              try {
                answer.complete(confirmed(asked, asker.ask(asked, pending)));
                pending.ended(new AssertionError("the answer ended without it"));
              } catch (RuntimeException | AssertionError failed) {
                pending.ended(failed);
                answer.completeExceptionally(failed);
              }
            });
    return pending.promising(answer);
  }

  /** A question signed for this network and not sent. */
  public SignedQuestion signs(Ask ask) {
    return signs(ask, new SecureRandom());
  }

  /** The same with a nonce of the scenario's choice. */
  public SignedQuestion signs(Ask ask, long nonce) {
    return signs(
        ask,
        new SecureRandom() {
          private static final long serialVersionUID = 1L;

          @Override
          public long nextLong() {
            return nonce;
          }
        });
  }

  private SignedQuestion signs(Ask ask, SecureRandom random) {
    return SignedQuestion.sign(
        ask.of(network.edge().models().getFirst()),
        key,
        network.terms().domain(),
        random,
        System.currentTimeMillis());
  }

  /** Its books at the edge; they must add up at any moment. Waits for an edge that just started. */
  public GetBalanceResponse balance() {
    return Eventually.comes("balance", this::readBalance);
  }

  private Optional<GetBalanceResponse> readBalance() {
    try {
      return Optional.of(account.balance());
    } catch (DGridException notNow) {
      if (!notNow.retryable()) {
        throw notNow;
      }
      return Optional.empty();
    }
  }

  /** Whether no unit of its money is lost or made up in the edge's ledger. */
  public boolean booksAddUp() {
    GetBalanceResponse books = balance();
    BigInteger sum =
        Stream.of(books.getAvailable(), books.getHeld(), books.getCharged())
            .map(BigInteger::new)
            .reduce(BigInteger.ZERO, BigInteger::add);
    return sum.equals(new BigInteger(books.getDeposited()));
  }

  /** What the edge has charged in this client's whole life. */
  public BigInteger charged() {
    return new BigInteger(balance().getCharged());
  }

  /** A new key for the OpenAI-shaped door. */
  public CreateApiKeyResponse createsApiKey() {
    return account.createApiKey(
        "acceptance",
        TokenAmount.tokens(1),
        System.currentTimeMillis() + Duration.ofHours(1).toMillis());
  }

  public void revokes(CreateApiKeyResponse apiKey) {
    account.revokeApiKey(Wire.hash(apiKey.getKeyId(), "key_id"));
  }

  /**
   * Waits until the chain has paid for everything this client was charged for.
   *
   * @return where money is then
   */
  public Money settles() {
    try {
      return Eventually.comes("settlement of everything", this::settled);
    } catch (AssertionError late) {
      throw new AssertionError(
          "%s; the edge says %s, the chain %s, newest batches %s"
              .formatted(
                  late.getMessage(), balance(), network.money(this), network.edge().batches(3)),
          late);
    }
  }

  private Optional<Money> settled() {
    try {
      vouchers.confirmLeftOvers();
    } catch (DGridException another) {
      // The channel moved on at the same time: look again.
      if (!another.retryable()) {
        throw another;
      }
    }
    GetBalanceResponse books = balance();
    BigInteger left =
        new BigInteger(books.getDeposited()).subtract(new BigInteger(books.getCharged()));
    Money money = network.money(this);
    boolean quiet = books.getHeld().equals("0") && books.getUnconfirmed().equals("0");
    return quiet && money.client().equals(left) ? Optional.of(money) : Optional.empty();
  }

  /** Signs vouchers for what was delivered, whether the answer is whole or not. */
  private Answer confirmed(SignedQuestion asked, io.dgrid.cli.client.Answer received) {
    Answer answer = new Answer(network, asked, received);
    assertThat(answer.violations()).as("what is wrong with the receipts").isEmpty();
    vouchers.confirm(received.receipts());
    return answer;
  }
}
