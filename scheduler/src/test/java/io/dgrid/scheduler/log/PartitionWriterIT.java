package io.dgrid.scheduler.log;

import static io.dgrid.scheduler.fixture.Waiting.waitUntil;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.local.testing.LocalBroker;
import io.dgrid.scheduler.dispatch.JobLog.Outcome;
import io.dgrid.scheduler.fixture.TestLog;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Writers of one partition on a real broker, which is killed in one of the tests. */
class PartitionWriterIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final AtomicInteger PARTITIONS = new AtomicInteger();
  private static LocalBroker broker;
  private static KafkaClients clients;
  private static TestLog log;

  private final int partition = PARTITIONS.getAndIncrement();
  private final List<Integer> lost = new CopyOnWriteArrayList<>();
  private final List<Integer> transactions = new CopyOnWriteArrayList<>();
  private final List<PartitionWriter> writers = new ArrayList<>();

  @BeforeAll
  static void startBroker() {
    broker = LocalBroker.startProcess();
    clients = new KafkaClients(broker.bootstrapServers());
    log = new TestLog(broker.bootstrapServers());
  }

  @AfterAll
  static void stopBroker() {
    log.close();
    broker.close();
  }

  @AfterEach
  void closeWriters() {
    writers.forEach(PartitionWriter::abandon);
  }

  @Test
  void newerOwnerShutsOutTheOlderWhichIsNotTold() throws Exception {
    PartitionWriter old = open();
    assertThat(outcome(old.write(entry("before")))).isEqualTo(Outcome.IN_LOG);
    PartitionWriter heir = open();

    assertThat(outcome(old.write(entry("late")))).isEqualTo(Outcome.NOT_OWNER);
    assertThat(outcome(old.write(entry("later")))).isEqualTo(Outcome.NOT_OWNER);
    assertThat(outcome(heir.write(entry("after")))).isEqualTo(Outcome.IN_LOG);

    assertThat(lost).containsExactly(partition);
    assertThat(history()).containsExactly("before", "after");
  }

  @Test
  void openTransactionOfADeadOwnerIsUndoneByItsHeir() throws Exception {
    KafkaProducer<byte[], byte[]> dead = clients.writer("test", partition);
    dead.initTransactions();
    dead.beginTransaction();
    entry("half done").forEach(dead::send);
    dead.flush();

    PartitionWriter heir = open();
    outcome(heir.write(entry("whole")));

    assertThat(history()).containsExactly("whole");
    dead.close(Duration.ZERO);
  }

  @Test
  void writesThatComeTogetherAreCommittedTogetherAndInOrder() throws Exception {
    PartitionWriter writer = open();
    List<String> names = IntStream.range(0, 2_000).mapToObj(i -> "w" + i).toList();

    List<CompletableFuture<Outcome>> outcomes =
        names.stream().map(name -> writer.write(entry(name))).toList();

    for (CompletableFuture<Outcome> outcome : outcomes) {
      assertThat(outcome(outcome)).isEqualTo(Outcome.IN_LOG);
    }
    assertThat(history()).isEqualTo(names);
    assertThat(transactions).hasSizeLessThan(100);
  }

  @Test
  void tooLargeRecordTakesNothingElseWithIt() throws Exception {
    PartitionWriter writer = open();
    CompletableFuture<Outcome> first = writer.write(entry("first"));
    ProducerRecord<byte[], byte[]> huge =
        new ProducerRecord<>(Topics.EVENTS, partition, null, new byte[2 * 1024 * 1024]);
    CompletableFuture<Outcome> refused = writer.write(List.of(entry("with it").getFirst(), huge));
    CompletableFuture<Outcome> last = writer.write(entry("last"));

    assertThat(outcome(refused)).isEqualTo(Outcome.TOO_LARGE);
    assertThat(outcome(first)).isEqualTo(Outcome.IN_LOG);
    assertThat(outcome(last)).isEqualTo(Outcome.IN_LOG);
    assertThat(history()).containsExactly("first", "last");
    assertThat(lost).isEmpty();
  }

  @Test
  void sealedWriterWritesWhatWaitsAndNothingMore() throws Exception {
    PartitionWriter writer = open();
    CompletableFuture<Outcome> waiting = writer.write(entry("waiting"));
    writer.seal();

    assertThat(outcome(writer.write(entry("too late")))).isEqualTo(Outcome.NOT_OWNER);
    assertThat(writer.awaitEnd(SOON)).isTrue();
    assertThat(outcome(waiting)).isEqualTo(Outcome.IN_LOG);
    assertThat(lost).isEmpty();
  }

  @Test
  void brokerKilledBetweenCommitsLosesAndRepeatsNothing() throws Exception {
    PartitionWriter writer = open();
    List<String> names = new ArrayList<>();
    List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 300; i++) {
        names.add(round + "-" + i);
        outcomes.add(writer.write(entry(names.getLast())));
      }
      int enough = outcomes.size() - 200;
      waitUntil("some are written", SOON, () -> outcomes.get(enough).isDone());
      broker.process().kill9();
      names.add("while away " + round);
      outcomes.add(writer.write(entry(names.getLast())));
      broker.process().start();
    }

    for (CompletableFuture<Outcome> outcome : outcomes) {
      assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(Outcome.IN_LOG);
    }
    assertThat(history()).isEqualTo(names);
  }

  private PartitionWriter open() throws Exception {
    PartitionWriter writer =
        new PartitionWriter(
            partition,
            () -> clients.writer("test", partition),
            new PartitionWriter.Watcher() {
              @Override
              public void committed(int writes, Duration took) {
                transactions.add(writes);
              }

              @Override
              public void lost(int number) {
                lost.add(number);
              }
            });
    writers.add(writer);
    writer.open().get(60, TimeUnit.SECONDS);
    return writer;
  }

  private List<ProducerRecord<byte[], byte[]>> entry(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return List.of(
        new ProducerRecord<>(Topics.EVENTS, partition, bytes, bytes),
        new ProducerRecord<>(Topics.RECEIPTS, bytes, bytes));
  }

  private List<String> history() {
    return log.records(Topics.EVENTS).stream()
        .filter(record -> record.partition() == partition)
        .map(record -> new String(record.value(), StandardCharsets.UTF_8))
        .toList();
  }

  private static Outcome outcome(CompletableFuture<Outcome> write) throws Exception {
    return write.get(30, TimeUnit.SECONDS);
  }
}
