package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.cli.chain.RpcChain;
import io.dgrid.cli.client.Network;
import io.dgrid.cli.proof.BundleChecks;
import io.dgrid.cli.proof.BundleFile;
import io.dgrid.cli.proof.Check;
import io.dgrid.cli.proof.SegmentReader;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.transport.codec.Wire;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks everything said about a job, against the chain itself. */
@Command(
    name = "verify",
    description = "Check receipt, voucher, verdict and proof of a job against the chain.",
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final int MAX_FILE_BYTES = 16 * 1024 * 1024;

  private final Output output;

  @Spec
  @SuppressWarnings("NullAway.Init")
  CommandSpec spec;

  @Mixin final Connection connection = new Connection();

  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      description = "Job id; not needed with --offline.",
      converter = JobIds.class)
  @Nullable JobId job;

  @Option(names = "--save", paramLabel = "FILE", description = "Keep the bundle in this file.")
  @Nullable Path save;

  @Option(
      names = "--offline",
      paramLabel = "FILE",
      description = "Check a saved bundle with nothing but the chain.")
  @Nullable Path offline;

  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description = "Chain endpoint; default: the one in network.json.")
  @Nullable URI rpc;

  @Option(
      names = "--wait",
      paramLabel = "DURATION",
      description = "Wait this long for what is not there yet, such as 60s.",
      converter = Durations.class)
  Duration wait = Duration.ZERO;

  @Option(
      names = "--segments",
      description = "Also fetch the bytes of the batches and look for the receipts in them.")
  boolean segments;

  VerifyCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    if ((job == null) == (offline == null)) {
      throw new ParameterException(spec.commandLine(), "name a job, or a file with --offline");
    }
    if (segments && offline != null) {
      throw new ParameterException(spec.commandLine(), "--segments asks an edge: not --offline");
    }
    try (connection) {
      BundleChecks checks =
          new BundleChecks(new RpcChain(endpoint()), connection.file().contracts());
      List<Check> found = settled(checks);
      print(found);
      return found.stream().allMatch(c -> c.result() == Check.Result.GOOD)
          ? ExitCode.OK
          : ExitCode.FAILED;
    }
  }

  private URI endpoint() {
    return Optional.ofNullable(rpc)
        .or(() -> connection.file().rpc().map(URI::create))
        .orElseThrow(() -> new UnreachableException("no chain endpoint: name one with --rpc URL"));
  }

  /** Looks until nothing is pending any more, or the time is over. */
  private List<Check> settled(BundleChecks checks) {
    long until = System.nanoTime() + wait.toNanos();
    while (true) {
      List<Check> found = look(checks);
      boolean pending = found.stream().anyMatch(c -> c.result() == Check.Result.PENDING);
      boolean broken = found.stream().anyMatch(c -> c.result() == Check.Result.BROKEN);
      if (!pending || broken || System.nanoTime() >= until) {
        return found;
      }
      pause();
    }
  }

  private List<Check> look(BundleChecks checks) {
    if (offline != null) {
      return checks.checkFile(read(offline));
    }
    Optional<AuditBundle> fetched = fetch(connection.network());
    if (fetched.isEmpty()) {
      return List.of(
          new Check("bundle", Check.Result.PENDING, "no receipt of this job is known yet"));
    }
    AuditBundle bundle = BundleFile.provable(fetched.get());
    byte[] file = BundleFile.print(bundle);
    if (save != null) {
      write(save, file);
    }
    List<Check> found = new java.util.ArrayList<>(checks.checkFile(file));
    boolean asked = job != null && bundle.getJobId().equals(Wire.bytes(job));
    found.add(
        1,
        new Check(
            "job",
            asked ? Check.Result.GOOD : Check.Result.BROKEN,
            asked ? "the one asked for" : "the edge sent another job"));
    if (segments && found.stream().noneMatch(c -> c.result() == Check.Result.BROKEN)) {
      // The checks before found the commitments on the chain.
      found.addAll(new SegmentReader(connection.edge()::segmentPart).check(fetched.get()));
    }
    return found;
  }

  private Optional<AuditBundle> fetch(Network network) {
    try {
      AuditBundle bundle = connection.edge().auditBundle(java.util.Objects.requireNonNull(job));
      return Optional.of(withRegistry(bundle, network));
    } catch (DGridException absent) {
      if (absent.code() == ErrorCode.NOT_FOUND || absent.code() == ErrorCode.NOT_YET_SETTLED) {
        return Optional.empty();
      }
      throw absent;
    }
  }

  /** Settlement may leave it to the reader who the oracles are. */
  static AuditBundle withRegistry(AuditBundle bundle, Network network) {
    return bundle.getNodeRegistry().isEmpty()
            && network.contracts().containsKey(Network.NODE_REGISTRY)
        ? bundle.toBuilder()
            .setNodeRegistry(Wire.bytes(network.contracts().get(Network.NODE_REGISTRY)))
            .build()
        : bundle;
  }

  private static byte[] read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new UnreachableException(file + " is too large for a bundle");
      }
      return Files.readAllBytes(file);
    } catch (IOException unreadable) {
      throw new UnreachableException("cannot read " + file, unreadable);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException refused) {
      throw new UnreachableException("cannot write " + file, refused);
    }
  }

  private void print(List<Check> checks) {
    if (!connection.json) {
      checks.forEach(output::check);
      return;
    }
    ObjectNode out = Json.object();
    out.put("ok", checks.stream().allMatch(c -> c.result() == Check.Result.GOOD));
    if (job != null) {
      out.put("jobId", job.toString());
    }
    var list = out.putArray("checks");
    for (Check check : checks) {
      list.addObject()
          .put("name", check.name())
          .put("result", check.result().name().toLowerCase(Locale.ROOT))
          .put("detail", check.detail());
    }
    output.json(out);
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new UnreachableException("interrupted while waiting");
    }
  }
}
