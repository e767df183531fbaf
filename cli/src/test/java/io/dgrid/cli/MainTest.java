package io.dgrid.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path data;

  @Test
  void wrongUsageIsTwoAndSaysWhereHelpIs() {
    assertThat(run("asks")).isEqualTo(2);
    assertThat(run("ask")).isEqualTo(2);
    assertThat(run("ask", "hi", "--temperature", "3", "--data", data.toString())).isEqualTo(2);
    assertThat(run("ask", "hi", "--seed", "-1", "--data", data.toString())).isEqualTo(2);
    assertThat(run("job", "zz")).isEqualTo(2);
    assertThat(run("verify")).isEqualTo(2);
    assertThat(run("verify", "00".repeat(32), "--wait", "soon")).isEqualTo(2);
    assertThat(err()).contains("dgrid ask --help").contains("64 hex digits").contains("30s or 2m");
    assertThat(out.size()).isZero();
  }

  @Test
  void withoutANetworkTheAnswerIsThreeAndSaysHowToGetOne() {
    assertThat(run("models", "--data", data.toString())).isEqualTo(3);
    assertThat(err()).contains("network.json is not there").contains("./dgrid up");
  }

  @Test
  void silentEdgeIsThree() {
    assertThat(run("models", "--edge", "127.0.0.1:1")).isEqualTo(3);
    assertThat(err()).contains("edge 127.0.0.1:1 does not answer");
  }

  @Test
  void brokenNetworkFileIsThree() throws IOException {
    Files.writeString(data.resolve("network.json"), "{\"edges\":[");
    assertThat(run("models", "--data", data.toString())).isEqualTo(3);
    assertThat(err()).contains("cannot read");
  }

  @Test
  void offlineCheckWithoutAChainIsThree() throws IOException {
    Path file = Files.writeString(data.resolve("bundle.json"), "{}\n");
    String name = file.toString();
    assertThat(run("verify", "--offline", name, "--data", data.toString())).isEqualTo(3);
    assertThat(err()).contains("--rpc URL");
  }

  @Test
  void changedFileIsOneAndNamed() throws IOException {
    Path file = Files.writeString(data.resolve("bundle.json"), "{ }\n");
    assertThat(run("verify", "--offline", file.toString(), "--rpc", "http://127.0.0.1:1"))
        .isEqualTo(1);
    assertThat(out()).startsWith("FAIL     file:");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command :
        new String[] {
          "ask", "verify", "models", "offers", "nodes", "job", "batches", "balance", "api-key",
          "worker"
        }) {
      assertThat(run(command, "--help")).as(command).isZero();
    }
  }

  private int run(String... arguments) {
    Output output =
        new Output(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return Main.run(output, arguments);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
