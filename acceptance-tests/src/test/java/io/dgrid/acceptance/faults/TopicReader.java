package io.dgrid.acceptance.faults;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.acceptance.faults.Evidence.End;
import io.dgrid.core.identity.JobId;
import io.dgrid.local.broker.Topics;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the job topics from beginning to end. */
final class TopicReader {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String bootstrapServers;

  TopicReader(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  Set<JobId> submitted() {
    Set<JobId> jobs = new HashSet<>();
    read(
        Topics.JOB_SUBMITTED,
        bytes -> jobs.add(Wire.jobId(SubmittedJob.parseFrom(bytes).getJobId())));
    return jobs;
  }

  /** The different ends of each job; the same one twice is one. */
  Map<JobId, Set<End>> ends() {
    Map<JobId, Set<End>> ends = new HashMap<>();
    read(
        Topics.JOB_EVENTS,
        bytes -> {
          JobTransition transition = JobTransition.parseFrom(bytes);
          JobId job = Wire.jobId(transition.getJobId());
          Set<End> ofJob = ends.computeIfAbsent(job, j -> new HashSet<>());
          switch (transition.getTransitionCase()) {
            case COMPLETED -> ofJob.add(end(transition.getCompleted()));
            case FAILED -> ofJob.add(end(transition.getFailed()));
            case GRANTED, ENDED, TRANSITION_NOT_SET -> {}
          }
        });
    return ends;
  }

  private static End end(Completed completed) {
    return new End(JobState.JOB_STATE_SUCCEEDED, new BigInteger(completed.getAmount()));
  }

  private static End end(Failed failed) {
    String amount = failed.getAmount().isEmpty() ? "0" : failed.getAmount();
    return new End(failed.getState(), new BigInteger(amount));
  }

  private interface Reader {
    void take(byte[] value) throws InvalidProtocolBufferException;
  }

  private void read(Topics topic, Reader reader) {
    Consumer<byte[]> each =
        value -> {
          try {
            reader.take(value);
          } catch (InvalidProtocolBufferException malformed) {
            throw new AssertionError("malformed record in " + topic, malformed);
          }
        };
    var deserializer = new ByteArrayDeserializer();
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    try (var consumer = new KafkaConsumer<>(settings, deserializer, deserializer)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic.topic()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(POLL).forEach(record -> each.accept(record.value()));
        if (System.nanoTime() > until) {
          throw new AssertionError("cannot read " + topic + " to its end");
        }
      }
    }
  }
}
