package io.dgrid.settlement;

import io.dgrid.contracts.ChainClient;
import io.dgrid.contracts.Deployment;
import io.dgrid.contracts.NetworkFunding;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.local.Ports;
import io.dgrid.local.chain.ChainSetup;
import io.dgrid.local.chain.EvmNode;
import io.dgrid.local.chain.EvmRpc;
import io.dgrid.local.testing.LocalBroker;
import io.dgrid.local.testing.LocalChain;
import io.dgrid.local.testing.LocalDatabase;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.BatchState;
import io.dgrid.proto.settlement.v1.GetEvidenceRequest;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.proto.settlement.v1.SettlementServiceGrpc;
import io.dgrid.proto.settlement.v1.SettlementServiceGrpc.SettlementServiceBlockingStub;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Real broker, database, chain and contracts around one settlement process. The chain has no clock:
 * a transaction gets a block of its own, and further blocks come when a test asks for them, so that
 * finality neither takes eight seconds nor comes before a test wants it.
 */
final class SettlementNetwork implements AutoCloseable {
  /** The first account of anvil's public test mnemonic. */
  private static final String DEPLOYER_KEY =
      "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

  private static final String DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
  private static final BigInteger DEPOSIT = BigInteger.TEN.pow(19);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String SESSION_TIMEOUT = "3000";

  final LocalChain chain;
  final SigningKey oracle = SigningKey.random();
  final Deployment deployment;
  final Domain domain;
  final SettlementProcess settlement;
  final SettlementServiceBlockingStub service;
  final ChainClient deployer;

  private final LocalDatabase database;
  private final LocalBroker broker;
  private final KafkaProducer<byte[], byte[]> producer;
  private final ManagedChannel channel;

  private SettlementNetwork(Path folder, Map<String, String> more) throws Exception {
    database = LocalDatabase.start();
    broker = LocalBroker.start();
    chain = LocalChain.start();
    Path keyFile = folder.resolve("settler.key");
    SigningKey settler = SigningKey.random();
    settler.write(keyFile);
    deployment = deploy(folder, settler);
    mineTransactions();
    domain = new Domain(deployment.chainId(), Address.fromHex(deployment.settlement()));
    deployer =
        ChainClient.connect(URI.create(chain.rpcUrl()), DEPLOYER_KEY, Duration.ofSeconds(20));
    List<Integer> ports = Ports.free(2);
    Map<String, String> settings = settings(folder, keyFile, ports);
    settings.putAll(more);
    settlement = new SettlementProcess(settings, ports.get(1), log());
    channel = Channels.to("127.0.0.1:" + ports.get(0));
    service = SettlementServiceGrpc.newBlockingStub(channel);
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "acks", "all"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  static SettlementNetwork start(Path folder, Map<String, String> more) throws Exception {
    SettlementNetwork network = new SettlementNetwork(folder, more);
    network.settlement.start();
    return network;
  }

  private static Path log() throws Exception {
    Path log = Path.of("target/it-logs/settlement.log").toAbsolutePath();
    Files.createDirectories(log.getParent());
    return log;
  }

  private Deployment deploy(Path folder, SigningKey settler) {
    EvmNode node =
        new EvmNode(URI.create(chain.rpcUrl()).getPort(), chain.chainId(), Optional.empty());
    return new ChainSetup(node, folder.resolve("contracts.json"))
        .ensure(
            new ChainSetup.Parties(
                DEPLOYER_KEY,
                DEPLOYER,
                settler.address().toString(),
                oracle.address().toString(),
                DEPLOYER_KEY,
                DEPLOYER,
                List.of(SigningKey.random().address().toString()),
                List.of(SigningKey.random().address().toString())));
  }

  private Map<String, String> settings(Path folder, Path keyFile, List<Integer> ports) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("quarkus.grpc.server.host", "127.0.0.1");
    all.put("quarkus.grpc.server.port", ports.get(0).toString());
    all.put("quarkus.http.host", "127.0.0.1");
    all.put("quarkus.http.port", ports.get(1).toString());
    all.put("kafka.bootstrap.servers", broker.bootstrapServers());
    all.put("quarkus.datasource.reactive.url", database.reactiveUrl());
    all.put("quarkus.datasource.jdbc.url", database.jdbcUrl());
    all.put("quarkus.datasource.username", database.user());
    all.put("quarkus.datasource.password", database.password());
    all.put("dgrid.chain.id", Long.toString(deployment.chainId()));
    all.put("dgrid.chain.rpc", chain.rpcUrl());
    all.put("dgrid.chain.settlement-address", deployment.settlement());
    all.put("dgrid.chain.escrow-address", deployment.escrow());
    all.put("dgrid.chain.node-registry-address", deployment.nodeRegistry());
    all.put("dgrid.chain.token-address", deployment.token());
    all.put("dgrid.chain.deploy-block", Long.toString(deployment.deployBlock()));
    all.put("dgrid.settlement.key-file", keyFile.toString());
    all.put("dgrid.settlement.data-directory", folder.resolve("data").toString());
    all.put("dgrid.settlement.batch.max-age", "200ms");
    for (String pause :
        List.of("intake.voucher-interval", "batch.interval", "chain.poll-interval")) {
      all.put("dgrid.settlement." + pause, "100ms");
    }
    // Long enough that a voucher's own batch is always first.
    all.put("dgrid.settlement.voucher.max-age", "5s");
    // Only a deposit or a grant can bring a voucher back within these tests.
    all.put("dgrid.settlement.voucher.retry-after", "1h");
    for (String channel : List.of("receipts", "vouchers", "verdicts")) {
      String settings = "mp.messaging.incoming." + channel;
      all.put(settings + ".session.timeout.ms", SESSION_TIMEOUT);
      all.put(settings + ".heartbeat.interval.ms", "1000");
    }
    return all;
  }

  /** After a stop; returns when it answers. */
  void restartChain() {
    chain.process().start();
    Eventually.eventually(
        "the chain answers",
        PATIENCE,
        () -> {
          mineTransactions();
          return true;
        });
  }

  /** From now on a transaction is mined at once, and only then. */
  void mineTransactions() {
    EvmRpc.call(chain.rpcUrl(), "evm_setAutomine", List.of(true));
  }

  /** Transactions wait from now on. */
  void mineNothing() {
    EvmRpc.call(chain.rpcUrl(), "evm_setAutomine", List.of(false));
  }

  /** One block more between every two looks, until the condition holds. */
  void mineUntil(String what, Callable<Boolean> holds) {
    Eventually.eventually(
        what,
        PATIENCE,
        () -> {
          boolean does = holds.call();
          if (!does) {
            mine(1);
          }
          return does;
        });
  }

  void mine(int blocks) {
    EvmRpc.call(chain.rpcUrl(), "anvil_mine", List.of("0x" + Integer.toHexString(blocks)));
  }

  /** A client with money in escrow and a node. */
  Parties fundedParties() {
    Parties parties = new Parties(domain);
    deposit(parties, DEPOSIT);
    return parties;
  }

  void deposit(Parties parties, BigInteger units) {
    new NetworkFunding(deployer, deployment).deposit(parties.client.address().toString(), units);
  }

  /** Paid on the chain so far, as of its newest block. */
  BigInteger settled(Parties parties) throws Exception {
    return deployer
        .settlement(deployment)
        .settledAmount(
            parties.client.address().toString(), parties.node.address().toString(), BigInteger.ONE)
        .send();
  }

  void publish(IssuedReceipt receipt) throws Exception {
    send(
        "dgrid.receipt.v1.issued",
        receipt.receipt().statement().hash(domain).toBytes(),
        ReceiptCodec.toWire(receipt).toByteArray());
  }

  void publish(VoucherStep voucher) throws Exception {
    send(
        "dgrid.voucher.v1.signed", channelKey(voucher), VoucherCodec.toWire(voucher).toByteArray());
  }

  private static byte[] channelKey(VoucherStep voucher) {
    var statement = voucher.voucher().statement();
    return ByteBuffer.allocate(2 * Address.BYTES)
        .put(statement.client().toBytes())
        .put(statement.node().toBytes())
        .array();
  }

  void publish(Signed<Verdict> verdict) throws Exception {
    send(
        "dgrid.verdict.v1.issued",
        verdict.statement().receiptHash().toBytes(),
        VerdictCodec.toWire(verdict).build().toByteArray());
  }

  void send(String topic, byte[] key, byte[] value) throws Exception {
    producer.send(new ProducerRecord<>(topic, key, value)).get(20, TimeUnit.SECONDS);
  }

  /** Without waiting for each; returns when the broker has all of them. */
  void publishAll(List<IssuedReceipt> receipts) {
    for (IssuedReceipt receipt : receipts) {
      byte[] key = receipt.receipt().statement().hash(domain).toBytes();
      producer.send(
          new ProducerRecord<>(
              "dgrid.receipt.v1.issued", key, ReceiptCodec.toWire(receipt).toByteArray()));
    }
    producer.flush();
  }

  /** In order, into one partition per pair. */
  void publishAllVouchers(List<VoucherStep> vouchers) {
    for (VoucherStep voucher : vouchers) {
      producer.send(
          new ProducerRecord<>(
              "dgrid.voucher.v1.signed",
              channelKey(voucher),
              VoucherCodec.toWire(voucher).toByteArray()));
    }
    producer.flush();
  }

  /** Sum over the lines of a counter that begin so, without the prefix of this service. */
  double metric(String beginning) throws Exception {
    return settlement
        .metrics()
        .lines()
        .filter(line -> line.startsWith("dgrid_settlement_" + beginning))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  AuditBundle evidence(JobId job) {
    return service
        .withDeadlineAfter(5, TimeUnit.SECONDS)
        .getEvidence(GetEvidenceRequest.newBuilder().setJobId(Wire.bytes(job)).build())
        .getBundle();
  }

  /** Waits until the job's one receipt is in a batch of this state; no block comes by itself. */
  AuditBundle awaitState(IssuedReceipt receipt, BatchState state) {
    JobId job = Parties.job(receipt);
    Eventually.eventually("batch of " + job + " " + state, PATIENCE, () -> isInBatch(job, state));
    return evidence(job);
  }

  /** Mines until the job's one receipt is in a final batch. */
  AuditBundle finalise(IssuedReceipt receipt) {
    JobId job = Parties.job(receipt);
    mineUntil("batch of " + job + " final", () -> isInBatch(job, BatchState.BATCH_STATE_FINAL));
    return evidence(job);
  }

  private boolean isInBatch(JobId job, BatchState state) {
    return evidence(job).getReceipts(0).getBatch().getState() == state;
  }

  /** Everything published about the chain so far. */
  List<Movement> movements() throws Exception {
    TopicPartition partition = new TopicPartition("dgrid.chain.v1.movements", 0);
    List<Movement> movements = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          movements.add(Movement.parseFrom(record.value()));
        }
      }
    }
    return movements;
  }

  static byte[] bytes(String hex) {
    return Hex.decode(hex);
  }

  @Override
  public void close() throws Exception {
    settlement.close();
    producer.close(Duration.ofSeconds(5));
    channel.shutdownNow();
    deployer.close();
    chain.close();
    broker.close();
    database.close();
  }
}
