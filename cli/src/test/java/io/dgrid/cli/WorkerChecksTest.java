package io.dgrid.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.core.identity.Address;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerChecksTest {
  @TempDir Path folder;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final WorkerChecks checks =
      new WorkerChecks(
          new Output(new PrintStream(said), new PrintStream(said), false), new Connection());

  @Test
  void guestWithoutAKeyGetsOneAndKeepsIt() {
    Path file = folder.resolve("keys/node.key");
    Address node = checks.nodeOf(file);
    assertThat(said.toString()).contains(file.toString()).contains(node.toString());
    said.reset();
    assertThat(checks.nodeOf(file)).isEqualTo(node);
    assertThat(said.toString()).doesNotContain("made");
  }

  @Test
  void brokenKeyIsNotReplaced() throws Exception {
    Path file = Files.writeString(folder.resolve("node.key"), "not a key");
    assertThatThrownBy(() -> checks.nodeOf(file))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining(file.toString());
    assertThat(file).hasContent("not a key");
  }

  @Test
  void oneSchedulerThatAnswersIsEnough() throws Exception {
    try (ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String silent = "127.0.0.1:" + closed.getLocalPort();
      closed.close();
      WorkerChecks.requireAnswer(List.of(silent, "127.0.0.1:" + open.getLocalPort()));
      assertThatThrownBy(() -> WorkerChecks.requireAnswer(List.of(silent)))
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining(silent);
    }
    for (String bad : List.of("host", "host:", "host:99999999", ":1")) {
      assertThatThrownBy(() -> WorkerChecks.requireAnswer(List.of(bad)))
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("HOST:PORT");
    }
  }
}
