package io.dgrid.acceptance.dsl;

import io.dgrid.cli.client.EdgeClient;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.local.process.Readiness;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobServiceGrpc;
import io.dgrid.proto.job.v1.ResumeRequest;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One more edge of the network; closing it brings the first one back if it is gone. */
public final class OtherEdge implements AutoCloseable {
  private final Substitute process;
  private final EdgeClient first;
  private final EdgeClient client;
  private final ManagedChannel channel;

  private OtherEdge(Substitute process, EdgeClient first, String target) {
    this.process = process;
    this.first = first;
    client = new EdgeClient(target);
    channel = Channels.to(target);
  }

  static OtherEdge beside(Part first, EdgeClient door, Path data) {
    int grpc = freePort();
    int http = freePort();
    String target = "127.0.0.1:" + grpc;
    Map<String, String> changed = new LinkedHashMap<>();
    changed.put("quarkus.grpc.server.port", Integer.toString(grpc));
    changed.put("quarkus.http.port", Integer.toString(http));
    changed.put("dgrid.edge.relay-address", target);
    changed.put("dgrid.edge.key-file", data.resolve("keys/edge-other").toString());
    var ready = new Readiness.HttpOk(URI.create("http://127.0.0.1:" + http + "/q/health/ready"));
    Substitute process =
        Substitute.beside(first, "edge-other", ready, changed, data.resolve("logs"));
    OtherEdge other = new OtherEdge(process, door, target);
    try {
      process.waitUntilReady();
      return other;
    } catch (RuntimeException | AssertionError failed) {
      other.close();
      throw failed;
    }
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

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
    channel.shutdownNow();
    process.close();
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
