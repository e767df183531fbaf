package io.dgrid.scheduler.log;

import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.Stopping;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.peer.Directory;
import io.dgrid.scheduler.peer.Owners;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Asks the coordinator of the schedulers' group who owns which partition: a member's client id is
 * the address its peers reach it at. Asks at a steady pace, at once when somebody doubts, and again
 * until a rebalance is over.
 */
@Singleton
class OwnersClient {
  private static final Logger LOG = Logger.getLogger(OwnersClient.class);
  private static final Duration LIMIT = Duration.ofSeconds(3);

  /** They end soon, and with new owners. */
  private static final Set<GroupState> REBALANCING =
      Set.of(GroupState.PREPARING_REBALANCE, GroupState.COMPLETING_REBALANCE);

  private static final Pattern ADDRESS = Pattern.compile("[^\\s/]+:\\d{1,5}");

  /** Doubts come in bursts; the coordinator hears of them at most this often. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Admin admin;
  private final String group;
  private final Duration refresh;
  private final Loop loop;
  private final Directory directory;
  private final Semaphore doubts = new Semaphore(1);
  private final Thread thread =
      Thread.ofPlatform().name("scheduler-owners").daemon().unstarted(this::runUntilStopped);
  private volatile boolean stopping;

  OwnersClient(KafkaClients clients, SchedulerConfig config, Loop loop, Directory directory) {
    this.admin = clients.admin();
    this.group = config.log().group();
    this.refresh = config.peer().refresh();
    this.loop = loop;
    this.directory = directory;
  }

  void start(@Observes StartupEvent event) {
    directory.onDoubt(doubts::release);
    thread.start();
  }

  void stop(@Observes @Priority(Stopping.SEND_WORKERS_AWAY + 1) ShutdownEvent event) {
    stopping = true;
    thread.interrupt();
    admin.close(Duration.ofSeconds(1));
  }

  private void runUntilStopped() {
    try {
      while (!stopping) {
        if (doubts.tryAcquire(refresh.toMillis(), TimeUnit.MILLISECONDS)) {
          doubts.drainPermits();
        }
        ask();
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void ask() throws InterruptedException {
    try {
      ConsumerGroupDescription described =
          admin
              .describeConsumerGroups(List.of(group))
              .describedGroups()
              .get(group)
              .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      // While members join, nobody has an assignment: what was true until now still is.
      if (described.groupState() == GroupState.STABLE) {
        Owners owners = owners(described);
        loop.execute(() -> directory.update(owners));
      } else if (REBALANCING.contains(described.groupState())) {
        doubts.release();
      }
    } catch (ExecutionException | TimeoutException unreachable) {
      LOG.debugf("the coordinator does not say who owns what: %s", unreachable.toString());
    }
  }

  static Owners owners(ConsumerGroupDescription described) {
    Map<Integer, String> byPartition = new HashMap<>();
    Set<String> members = new HashSet<>();
    for (MemberDescription member : described.members()) {
      if (isAddress(member.clientId())) {
        members.add(member.clientId());
      }
      for (TopicPartition partition : member.assignment().topicPartitions()) {
        if (partition.topic().equals(Topics.SUBMITTED) && isAddress(member.clientId())) {
          byPartition.put(partition.partition(), member.clientId());
        }
      }
    }
    return new Owners(byPartition, members);
  }

  /** Anything else in the group cannot be reached: its partitions count as nobody's. */
  private static boolean isAddress(String clientId) {
    return ADDRESS.matcher(clientId).matches();
  }
}
