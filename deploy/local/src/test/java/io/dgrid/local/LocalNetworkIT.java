package io.dgrid.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.contracts.ChainClient;
import io.dgrid.contracts.DeploymentParameters;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.process.ExitReport;
import io.dgrid.local.process.ManagedProcess;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalNetworkIT {
  @TempDir Path folder;

  private final CompletableFuture<ExitReport> death = new CompletableFuture<>();
  private Path root = Path.of("");
  private Path data = Path.of("");

  @BeforeEach
  void prepare() throws Exception {
    root = FakeService.checkout(Files.createDirectories(folder.resolve("checkout")));
    data = folder.resolve("data");
  }

  @AfterEach
  void unlink() throws Exception {
    Files.delete(root.resolve("deploy/local"));
  }

  @Test
  void startsEverythingSaysWhereItIsAndLeavesNothingBehind() throws Exception {
    List<ProcessHandle> started;
    try (LocalNetwork network = start(Ports.from(0))) {
      JsonNode file = new ObjectMapper().readTree(data.resolve("network.json").toFile());
      assertThat(file.at("/edges/0/grpc").asText()).startsWith("127.0.0.1:");
      assertThat(file.at("/edges/0/http").asText()).startsWith("http://127.0.0.1:");
      assertThat(file.at("/schedulers/0/grpc").asText()).isNotEmpty();
      assertThat(file.at("/settlement/grpc").asText()).isNotEmpty();
      assertThat(file.at("/oracle/grpc").asText()).isNotEmpty();
      assertThat(file.at("/kafka").asText()).isNotEmpty();
      assertThat(file.at("/postgres").asText()).startsWith("postgresql://");
      assertThat(file.at("/chain/chainId").asLong()).isEqualTo(31337);
      assertThat(file.at("/chain/contracts/Escrow").asText()).startsWith("0x");
      assertThat(Path.of(file.at("/client/keyFile").asText())).exists();
      assertThat(file.at("/client/apiKey").asText()).startsWith("dg-");
      assertThat(file.at("/processes").findValuesAsText("name"))
          .contains("kafka", "postgres", "chain", "scheduler-0", "settlement", "oracle")
          .contains("edge-0", "worker-0", "worker-1");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(data.resolve("network.json"))))
          .isEqualTo("rw-------");
      started =
          network.processes().stream()
              .map(ManagedProcess::pid)
              .map(p -> ProcessHandle.of(p).orElseThrow())
              .toList();
      assertThat(started).hasSize(9).allMatch(ProcessHandle::isAlive);
      assertMoneyIsInPlace(network);
    }
    assertThat(started).noneMatch(ProcessHandle::isAlive);
    assertThat(data.resolve("network.json")).doesNotExist();
  }

  @Test
  void processThatDiesIsReportedAndTheRestGoesOn() throws Exception {
    try (LocalNetwork network = start(Ports.from(0))) {
      ProcessHandle.of(network.process("worker-1").pid()).orElseThrow().destroyForcibly();

      ExitReport report = death.get(20, TimeUnit.SECONDS);

      assertThat(report.name()).isEqualTo("worker-1");
      assertThat(report.exitCode()).isEqualTo(137);
      assertThat(report.describe()).contains("signal 9", "fake service");
      assertThat(network.process("edge-0").isAlive()).isTrue();

      network.process("worker-1").start();
      network.process("worker-1").awaitReady();
      network.publish();
      assertThat(NetworkFile.read(data).orElseThrow().processes())
          .anyMatch(
              p -> p.name().equals("worker-1") && p.pid() == network.process("worker-1").pid());
    }
  }

  @Test
  void startingAgainKeepsContractsAndKeys() {
    NetworkFile before;
    try (LocalNetwork network = start(Ports.from(0))) {
      before = network.describe();
    }
    try (LocalNetwork network = start(Ports.from(0))) {
      assertThat(network.describe().chain().contracts()).isEqualTo(before.chain().contracts());
      assertThat(network.describe().client()).isEqualTo(before.client());
      assertMoneyIsInPlace(network);
    }
  }

  @Test
  void secondNetworkOnTheSameDataIsRefused() {
    try (LocalNetwork network = start(Ports.from(0))) {
      assertThatThrownBy(() -> start(Ports.from(0)))
          .isInstanceOfSatisfying(
              LocalNetworkException.class,
              failure -> assertThat(failure.code()).isEqualTo(Code.DATA_DIRECTORY))
          .hasMessageContaining("--data");
      assertThat(network.process("edge-0").isAlive()).isTrue();
    }
  }

  @Test
  void absentServiceIsNamedBeforeAnythingStarts() throws Exception {
    Files.delete(root.resolve("settlement/target/quarkus-app/quarkus-run.jar"));

    assertThatThrownBy(() -> start(Ports.from(0)))
        .isInstanceOfSatisfying(
            LocalNetworkException.class,
            failure -> assertThat(failure.code()).isEqualTo(Code.MISSING))
        .hasMessageContaining("settlement");
    assertThat(data.resolve("logs")).doesNotExist();
  }

  private LocalNetwork start(Ports ports) {
    var quiet = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    return LocalNetwork.start(
        root, new NetworkOptions(1, 1, 2, data, ports, true), new Progress(quiet), death::complete);
  }

  private static void assertMoneyIsInPlace(LocalNetwork network) {
    BigInteger thousand = DeploymentParameters.ONE_TOKEN.multiply(BigInteger.valueOf(1000));
    String client = network.keys().address("client").toString();
    String worker = network.keys().address("worker-0").toString();
    String edge = network.keys().address("edge-0").toString();
    try (ChainClient chain =
        ChainClient.connect(
            URI.create(network.chainRpc()), network.keys().hex("client"), Duration.ofSeconds(5))) {
      var escrow = chain.escrow(network.contracts());
      var registry = chain.nodeRegistry(network.contracts());
      assertThat(chain.<BigInteger>view("deposit", escrow.balanceOf(client)::send))
          .isEqualTo(thousand);
      assertThat(chain.<BigInteger>view("stake", registry.stakeOf(worker)::send))
          .isEqualTo(thousand);
      assertThat(chain.view("grant", escrow.grantOf(client, edge)::send).component2())
          .isEqualTo(thousand);
    }
  }
}
