package io.dgrid.acceptance.dsl;

import io.dgrid.cli.client.EdgeClient;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another edge of the network; closing it brings the first one back if it is gone. */
public final class OtherEdge implements AutoCloseable {
  private final Part firstEdge;
  private final EdgeClient first;
  private final EdgeClient client;
  private final ManagedChannel channel;

  OtherEdge(Part firstEdge, EdgeClient first, String target) {
    this.firstEdge = firstEdge;
    this.first = first;
    client = new EdgeClient(target);
    channel = Channels.to(target);
  }

  /** The whole rest of a job's stream, from a token position on. */
  public List<JobEvent> resumes(JobId job, int position) {
    List<JobEvent> events = new ArrayList<>();
    JobServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .resume(
            ResumeRequest.newBuilder().setJobId(Wire.bytes(job)).setNextSequence(position).build())
        .forEachRemaining(response -> events.add(response.getEvent()));
    return events;
  }

  EdgeClient client() {
    return client;
  }

  @Override
  public void close() {
    client.close();
    channel.shutdownNow();
    firstEdge.startsAgain();
    // Its clients' channels need a moment to notice that it is back.
    Eventually.holds("answer of the first edge", this::firstAnswers);
  }

  private boolean firstAnswers() {
    try {
      return !first.models().isEmpty();
    } catch (DGridException notYet) {
      if (!notYet.retryable()) {
        throw notYet;
      }
      return false;
    }
  }
}
