package io.dgrid.scheduler.log;

import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.History;
import io.dgrid.scheduler.dispatch.JobLog;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.fixture.Jobs;
import java.util.List;
import java.util.function.IntConsumer;

/** The log as one instance sees it, without the group that says who owns what. */
public final class OwnedLog implements AutoCloseable {
  private final JobPublisher publisher;
  private final Replay replay;

  public OwnedLog(String servers, SchedulerConfig config, SchedulerMetrics metrics) {
    KafkaClients clients = new KafkaClients(servers);
    publisher = new JobPublisher(clients, new Offsets(), Jobs.DOMAIN, config, metrics);
    replay = new Replay(clients, config.log().memory());
  }

  public JobLog log() {
    return publisher;
  }

  /** As a scheduler does when the group gives it the partition. */
  public History takeOver(int partition, IntConsumer lost) {
    publisher.takeOver(List.of(partition), lost);
    return replay.read(partition, 0, System.currentTimeMillis());
  }

  @Override
  public void close() {
    publisher.close();
  }
}
