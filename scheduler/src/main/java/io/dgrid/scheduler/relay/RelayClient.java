package io.dgrid.scheduler.relay;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.scheduler.SchedulerConfig;
import io.dgrid.scheduler.dispatch.Dispatcher;
import io.dgrid.scheduler.dispatch.EdgeRelay;
import io.dgrid.scheduler.dispatch.LiveJob;
import io.dgrid.scheduler.dispatch.Loop;
import io.dgrid.scheduler.dispatch.SchedulerMetrics;
import io.dgrid.scheduler.job.Command;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.internal.InternalToken;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/** The streams to all edges that follow a job. The owner's thread only. */
@Singleton
class RelayClient implements EdgeRelay {
  private static final Logger LOG = Logger.getLogger(RelayClient.class);
  private static final Duration IDLE = Duration.ofMinutes(1);
  private static final String UNKNOWN_JOB = "unknown job";

  private final SchedulerConfig.Relay config;
  private final Loop loop;
  private final InternalToken token;
  private final Instance<Dispatcher> dispatcher;
  private final SchedulerMetrics metrics;
  private final Map<String, EdgeStream> edges = new HashMap<>();

  RelayClient(
      SchedulerConfig config,
      Loop loop,
      InternalToken token,
      Instance<Dispatcher> dispatcher,
      SchedulerMetrics metrics) {
    this.config = config.relay();
    this.loop = loop;
    this.token = token;
    this.dispatcher = dispatcher;
    this.metrics = metrics;
  }

  @Override
  public void follow(LiveJob job, String replyTo, int from) {
    if (replyTo.isBlank()) {
      return;
    }
    try {
      edges
          .computeIfAbsent(
              replyTo, address -> new EdgeStream(address, config, loop, token, this::asked))
          .follow(job, from);
    } catch (IllegalArgumentException malformed) {
      LOG.warnf("job %s names an edge that is no address: %s", job.id(), replyTo);
      metrics.rejected("reply_to");
    }
  }

  @Override
  public void changed(LiveJob job) {
    edges.values().forEach(edge -> edge.changed(job));
  }

  @Override
  public int confirmed(LiveJob job) {
    return edges.values().stream()
        .flatMap(edge -> edge.follower(job.id()).stream())
        .mapToInt(Follower::confirmed)
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  @Override
  public void forget(LiveJob job) {
    for (EdgeStream edge : List.copyOf(edges.values())) {
      edge.forget(job.id());
      if (edge.isIdle()) {
        loop.after(IDLE, () -> closeIfIdle(edge));
      }
    }
  }

  private void closeIfIdle(EdgeStream edge) {
    if (edge.isIdle() && edges.remove(edge.address(), edge)) {
      edge.close();
    }
  }

  private void asked(EdgeStream edge, RelayResponse command) {
    JobId id;
    try {
      id = Wire.jobId(command.getJobId());
    } catch (DGridException malformed) {
      metrics.rejected("relay");
      return;
    }
    switch (command.getCommandCase()) {
      case ALLOW_UNTIL ->
          dispatcher.get().command(id, new Command.Allow(Math.max(0, command.getAllowUntil())));
      case CANCEL -> cancel(edge, id, command.getCancel().getReason());
      case RESEND_FROM ->
          edge.follower(id)
              .ifPresent(
                  follower -> {
                    int position = Math.max(0, command.getResendFrom());
                    follower.has(position);
                    follower.restart(position);
                    edge.advance(follower);
                  });
      case HAVE_UNTIL ->
          edge.follower(id).ifPresent(follower -> follower.has(command.getHaveUntil()));
      case COMMAND_NOT_SET -> metrics.rejected("relay");
    }
  }

  /** An edge that does not know a job, or is not its only reader, leaves it to the others. */
  private void cancel(EdgeStream edge, JobId id, String reason) {
    boolean shared =
        edges.values().stream().filter(other -> other.follower(id).isPresent()).count() > 1;
    if (shared || reason.equals(UNKNOWN_JOB)) {
      edge.forget(id);
    } else {
      dispatcher.get().command(id, new Command.Cancel(reason.isBlank() ? "cancelled" : reason));
    }
  }

  @PreDestroy
  void close() {
    edges.values().forEach(EdgeStream::close);
  }
}
