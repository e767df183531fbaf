package io.dgrid.scheduler.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.proto.quality.v1.SignedVerdict;
import io.dgrid.proto.settlement.v1.Movement;
import io.dgrid.proto.settlement.v1.StakeChanged;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.Nodes;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.transport.codec.VerdictCodec;
import io.dgrid.transport.codec.Wire;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Mirrors stakes and verdicts from the start of their topics; every instance for itself. */
@Singleton
class FactsConsumer {
  private static final Logger LOG = Logger.getLogger(FactsConsumer.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration RESTART = Duration.ofSeconds(1);

  private final KafkaClients clients;
  private final Loop loop;
  private final Nodes nodes;
  private final SchedulerMetrics metrics;
  private final OracleKeys oracles;
  private final Thread thread =
      Thread.ofPlatform().name("scheduler-facts").daemon().unstarted(this::runUntilStopped);
  private volatile boolean stopping;

  FactsConsumer(
      KafkaClients clients,
      Loop loop,
      Nodes nodes,
      SchedulerMetrics metrics,
      SchedulerConfig config,
      Domain domain) {
    this.clients = clients;
    this.loop = loop;
    this.nodes = nodes;
    this.metrics = metrics;
    this.oracles = new OracleKeys(config.oracleAddress(), domain);
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) {
    stopping = true;
  }

  private void runUntilStopped() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> reader = clients.reader()) {
        List<TopicPartition> partitions =
            Stream.of(Topics.MOVEMENTS, Topics.VERDICTS)
                .flatMap(topic -> reader.partitionsFor(topic).stream())
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .toList();
        reader.assign(partitions);
        reader.seekToBeginning(partitions);
        while (!stopping) {
          reader.poll(POLL).forEach(this::take);
        }
      } catch (RuntimeException failure) {
        LOG.warnf("the mirror of stakes and verdicts starts again: %s", failure.toString());
        pause();
      }
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      if (record.topic().equals(Topics.VERDICTS)) {
        verdict(VerdictCodec.fromWire(SignedVerdict.parseFrom(record.value())));
      } else {
        Movement movement = Movement.parseFrom(record.value());
        if (movement.hasStakeChanged()) {
          stake(movement.getStakeChanged());
        }
      }
    } catch (InvalidProtocolBufferException | DGridException | NullPointerException poison) {
      LOG.warnf(
          "%s %d-%d is malformed and skipped: %s",
          record.topic(), record.partition(), record.offset(), poison.getMessage());
      metrics.rejected("fact");
    }
  }

  private void verdict(Signed<Verdict> signed) {
    try {
      Verdict verdict = oracles.require(signed);
      loop.execute(() -> nodes.judged(verdict));
    } catch (DGridException stranger) {
      LOG.warnf("a verdict does not count: %s", stranger.getMessage());
      metrics.rejected("verdict");
    }
  }

  private void stake(StakeChanged change) {
    Address node = Wire.address(change.getNode(), "stake_changed.node");
    TokenAmount amount = Wire.amount(change.getStake(), "stake_changed.stake");
    boolean jailed = change.getJailed();
    loop.execute(() -> nodes.stake(node, amount, jailed));
  }

  private static void pause() {
    try {
      Thread.sleep(RESTART);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
