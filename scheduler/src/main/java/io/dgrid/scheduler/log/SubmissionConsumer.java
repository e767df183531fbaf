package io.dgrid.scheduler.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.identity.Hash;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.Stopping;
import io.dgrid.scheduler.dispatch.Dispatcher;
import io.dgrid.scheduler.dispatch.History;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.peer.Directory;
import io.dgrid.scheduler.peer.MusterClient;
import io.dgrid.transport.codec.SubmissionHeader;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;

/** Takes partitions and their jobs from the log. One thread, restarted when its consumer fails. */
@Singleton
class SubmissionConsumer {
  private static final Logger LOG = Logger.getLogger(SubmissionConsumer.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration RESTART = Duration.ofSeconds(1);

  private final KafkaClients clients;
  private final SchedulerConfig.Log config;
  private final String name;
  private final Offsets offsets;
  private final Replay replay;
  private final Loop loop;
  private final Dispatcher dispatcher;
  private final Directory directory;
  private final MusterClient musters;
  private final JobPublisher publisher;
  private final InstantSource clock;
  private final SchedulerMetrics metrics;
  private final Set<Integer> owned = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Long> catchingUp = new HashMap<>();
  private boolean member;
  private volatile boolean hasShare;
  private volatile boolean stopping;
  private volatile boolean fenced;
  private volatile boolean taking = true;
  private long committedAt;
  private Thread thread;

  SubmissionConsumer(
      KafkaClients clients,
      SchedulerConfig config,
      Offsets offsets,
      Loop loop,
      Dispatcher dispatcher,
      Directory directory,
      MusterClient musters,
      JobPublisher publisher,
      InstantSource clock,
      SchedulerMetrics metrics) {
    this.clients = clients;
    this.config = config.log();
    this.name = config.advertisedAddress();
    this.offsets = offsets;
    this.replay = new Replay(clients, config.log().memory());
    this.loop = loop;
    this.dispatcher = dispatcher;
    this.directory = directory;
    this.musters = musters;
    this.publisher = publisher;
    this.clock = clock;
    this.metrics = metrics;
    metrics.gauge("partitions", owned::size);
    thread =
        Thread.ofPlatform().name("scheduler-submissions").daemon().unstarted(this::runUntilStopped);
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  /** Leaves the group: the others take the partitions, and with them the running attempts. */
  void stop(@Observes @Priority(Stopping.LEAVE_GROUP) ShutdownEvent event) {
    stopping = true;
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Whether the group has given this instance its share. A member that joins has none at first:
   * that is its share only when others own everything, else they are about to hand some over.
   */
  boolean hasItsShare() {
    return hasShare;
  }

  int partitions() {
    return owned.size();
  }

  private void runUntilStopped() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> consumer =
          clients.member(config.group(), name, config.sessionTimeout())) {
        fenced = false;
        consumer.subscribe(List.of(Topics.SUBMITTED), new Ownership(consumer));
        while (!stopping && !fenced) {
          poll(consumer);
        }
        commit(consumer);
      } catch (WakeupException stopped) {
        return;
      } catch (RuntimeException failure) {
        LOG.warn("the submissions consumer failed and starts again", failure);
      }
      leave(Set.copyOf(owned));
      if (!stopping) {
        pause();
      }
    }
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer) {
    boolean room = offsets.live() < config.mostLiveJobs();
    if (room != taking) {
      taking = room;
    }
    if (room) {
      consumer.resume(consumer.paused());
    } else {
      consumer.pause(consumer.assignment());
    }
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      take(record);
    }
    for (TopicPartition partition : consumer.assignment()) {
      Long target = catchingUp.get(partition.partition());
      if (target != null && consumer.position(partition) >= target) {
        catchingUp.remove(partition.partition());
        loop.execute(() -> dispatcher.caughtUp(partition.partition()));
      }
    }
    if (member && !hasShare) {
      hasShare = directory.isSpare(publisher.partitions());
    }
    long now = clock.millis();
    if (now - committedAt >= config.commitEvery().toMillis()) {
      committedAt = now;
      commit(consumer);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    int partition = record.partition();
    offsets.taken(partition, record.offset());
    Optional<SubmittedJob> job = read(record);
    if (job.isPresent()) {
      loop.execute(() -> dispatcher.submitted(partition, record.offset(), job.get()));
      return;
    }
    LOG.warnf("submission %d-%d is not a job and is skipped", partition, record.offset());
    metrics.rejected("submission");
    offsets.settled(partition, record.offset());
  }

  /** Of bytes that are no job, the job that its header names with nothing else: it is refused. */
  static Optional<SubmittedJob> read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return Optional.of(SubmittedJob.parseFrom(record.value()));
    } catch (InvalidProtocolBufferException | NullPointerException poison) {
      return Optional.ofNullable(record.headers().lastHeader(SubmissionHeader.JOB_ID))
          .map(Header::value)
          .filter(id -> id.length == Hash.BYTES)
          .map(id -> SubmittedJob.newBuilder().setJobId(ByteString.copyFrom(id)).build());
    }
  }

  private void commit(KafkaConsumer<byte[], byte[]> consumer) {
    Map<TopicPartition, OffsetAndMetadata> commits = new HashMap<>();
    for (TopicPartition partition : consumer.assignment()) {
      offsets
          .toCommit(partition.partition())
          .ifPresent(offset -> commits.put(partition, new OffsetAndMetadata(offset)));
    }
    if (commits.isEmpty()) {
      return;
    }
    // Asynchronous: with the broker away, a commit must not keep the thread from polling.
    consumer.commitAsync(
        commits,
        (done, failure) -> {
          if (failure == null) {
            done.forEach((partition, at) -> offsets.committed(partition.partition(), at.offset()));
          }
        });
  }

  private void leave(Collection<Integer> all) {
    member = false;
    hasShare = false;
    release(all);
  }

  /** Blocks until what the partitions' jobs have written is in the log, or some seconds. */
  private void release(Collection<Integer> released) {
    for (int partition : released) {
      owned.remove(partition);
      catchingUp.remove(partition);
      offsets.revoked(partition);
    }
    CompletableFuture<Void> dropped = new CompletableFuture<>();
    loop.execute(
        () -> {
          released.forEach(dispatcher::release);
          dropped.complete(null);
        });
    // What the loop still has to write is written first; a loop that has stopped writes nothing.
    dropped.completeOnTimeout(null, 2, TimeUnit.SECONDS).join();
    publisher.release(released);
  }

  /**
   * The log refuses this instance's writes: whatever it believes about its partitions is stale. It
   * stops at once and asks the group again, as a new member.
   */
  private void fenced(int partition) {
    loop.execute(() -> dispatcher.release(partition));
    fenced = true;
  }

  private static List<Integer> numbers(Collection<TopicPartition> partitions) {
    return partitions.stream().map(TopicPartition::partition).toList();
  }

  private void pause() {
    try {
      Thread.sleep(RESTART);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Ownership implements ConsumerRebalanceListener {
    private final KafkaConsumer<byte[], byte[]> consumer;

    private Ownership(KafkaConsumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> added) {
      directory.doubt();
      publisher.partitions(consumer.partitionsFor(Topics.SUBMITTED).size());
      if (added.isEmpty()) {
        member = true;
        return;
      }
      // Before anything is read: a late write of an older owner would be missed.
      publisher.takeOver(numbers(added), SubmissionConsumer.this::fenced);
      Map<TopicPartition, Long> ends = consumer.endOffsets(added);
      for (TopicPartition partition : added) {
        int number = partition.partition();
        long position = consumer.position(partition);
        History history = replay.read(number, position, clock.millis());
        offsets.assigned(number, position);
        catchingUp.put(number, ends.get(partition));
        loop.execute(() -> dispatcher.take(number, history));
        owned.add(number);
      }
      loop.execute(() -> musters.call(numbers(added)));
      hasShare = true;
      member = true;
      LOG.infof("took partitions %s", added);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> removed) {
      commit(consumer);
      release(numbers(removed));
      directory.doubt();
      LOG.infof("released partitions %s", removed);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> removed) {
      leave(numbers(removed));
      directory.doubt();
      LOG.warnf("lost partitions %s", removed);
    }
  }
}
