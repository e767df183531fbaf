package io.dgrid.acceptance.faults;

import io.dgrid.acceptance.faults.Evidence.Books;
import io.dgrid.cli.chain.RpcChain;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.Network;
import io.dgrid.contracts.ChainClient;
import io.dgrid.contracts.NetworkFunding;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.local.LocalNetwork;
import io.dgrid.local.Ports.Slot;
import io.dgrid.local.database.EmbeddedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Clients with money on a network, and what everything says about them afterwards. */
final class Crowd implements AutoCloseable {
  private static final BigInteger DEPOSIT = BigInteger.TEN.pow(19);
  private static final Duration RECEIPT_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final Duration POLL = Duration.ofMillis(500);

  private final LocalNetwork local;
  private final EdgeClient edge;
  private final Network terms;

  Crowd(LocalNetwork local) {
    this.local = local;
    edge = new EdgeClient("127.0.0.1:" + local.options().ports().of(Slot.EDGE_GRPC));
    terms = edge.network();
  }

  EdgeClient edge() {
    return edge;
  }

  /** Clients with money, each with another preferred edge. */
  List<Asking> clients(int count, Expected expected) {
    List<Asking> clients = new ArrayList<>();
    try (ChainClient deployer = deployer()) {
      NetworkFunding funding = new NetworkFunding(deployer, local.contracts());
      for (int i = 0; i < count; i++) {
        SigningKey key = SigningKey.random();
        funding.deposit(key.address().toString(), DEPOSIT);
        clients.add(new Asking(key, terms, edgePorts(i), expected));
      }
    }
    clients.forEach(client -> waitUntil("deposit", () -> hasDeposit(client.address())));
    return clients;
  }

  private boolean hasDeposit(Address client) {
    try (LedgerReader ledger = ledger()) {
      return ledger.entriesOf(client) > 0;
    }
  }

  private ChainClient deployer() {
    try {
      String key = Files.readString(local.keys().file("deployer")).strip();
      return ChainClient.connect(URI.create(local.chainRpc()), key, RECEIPT_TIMEOUT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Integer> edgePorts(int first) {
    List<Integer> ports =
        new ArrayList<>(
            IntStream.range(0, local.options().edges())
                .mapToObj(i -> local.options().ports().of(Slot.EDGE_GRPC, i))
                .toList());
    Collections.rotate(ports, first);
    return ports;
  }

  /** Waits until all jobs have ended and everything is paid, or it takes too long. */
  Evidence evidence(List<Story> stories, List<Asking> clients) {
    try (LedgerReader ledger = ledger()) {
      await(() -> ledger.unfinished() == 0);
      await(() -> clients.stream().allMatch(client -> isPaid(client, ledger)));
      TopicReader topics = new TopicReader(local.describe().kafka());
      return new Evidence(
          stories,
          topics.submitted(),
          topics.ends(),
          ledger.bills(),
          clients.stream().map(client -> books(client.address(), ledger)).toList());
    }
  }

  private boolean isPaid(Asking client, LedgerReader ledger) {
    client.confirmLeftOvers();
    return ledger.charged(client.address()).equals(moved(client.address()));
  }

  private Books books(Address client, LedgerReader ledger) {
    return new Books(
        client,
        ledger.held(client),
        ledger.charged(client),
        ledger.entries(client),
        ledger.receipts(client),
        moved(client));
  }

  private BigInteger moved(Address client) {
    var chain = new RpcChain(URI.create(local.chainRpc()));
    return DEPOSIT.subtract(
        chain.escrowBalance(terms.domain().settlement(), client).orElseThrow().units());
  }

  private LedgerReader ledger() {
    int port = local.options().ports().of(Slot.POSTGRES);
    return new LedgerReader(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, EmbeddedDatabase.DATABASE),
        EmbeddedDatabase.USER,
        EmbeddedDatabase.PASSWORD);
  }

  /** What does not come in time is for the checker to find. */
  private static boolean await(BooleanSupplier reached) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!reached.getAsBoolean()) {
      if (System.nanoTime() > until) {
        return false;
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
    return true;
  }

  private static void waitUntil(String what, BooleanSupplier reached) {
    if (!await(reached)) {
      throw new AssertionError("no " + what + " within " + PATIENCE.toSeconds() + " s");
    }
  }

  @Override
  public void close() {
    edge.close();
  }
}
