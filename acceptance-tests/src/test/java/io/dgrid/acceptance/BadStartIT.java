package io.dgrid.acceptance;

import static io.dgrid.acceptance.dsl.Ask.question;
import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.acceptance.dsl.Acceptance;
import io.dgrid.acceptance.dsl.Client;
import io.dgrid.acceptance.dsl.Network;
import io.dgrid.acceptance.dsl.Substitute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise: what cannot start says why in one line, and the rest of the network goes on. */
@Acceptance
class BadStartIT {
  private final Network network;
  private final Client client;

  BadStartIT(Network network) {
    this.network = network;
    client = network.client();
  }

  @Test
  void wrongContractAddressIsNamedAndLosesNoReceipt() {
    String nobody = "0x00000000000000000000000000000000DEADBEEF";
    client.settles();
    try (Substitute misled = network.settlementWith("dgrid.chain.settlement-address", nobody)) {
      String why = misled.health().waitUntilDown("chain", "WRONG_CONTRACT");
      assertThat(client.asks("What is DGrid?").text()).isNotBlank();

      assertThat(why).containsIgnoringCase(nobody).contains("correct the dgrid.chain.");
      assertThat(misled.says("chain: WRONG_CONTRACT")).hasSize(1).first().asString().contains(why);
    }
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void chainThatIsAwayAtTheStartIsWaitedFor() {
    client.settles();
    network.evmNode().leaves();
    network.settlement().leaves();
    try {
      network.settlement().starts();
      String why = network.settlement().health().waitUntilDown("chain", "UNREACHABLE");
      assertThat(why).contains("the chain does not answer");
      assertThat(client.asks("What is DGrid?").text()).isNotBlank();
    } finally {
      network.evmNode().startsAgain();
    }
    network.settlement().startsAgain();
    client.settles();
    assertThat(client.booksAddUp()).isTrue();
  }

  @Test
  void brokenModelFileEndsTheWorkerWithOneLine(@TempDir Path folder) throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.gguf"), "GGUF, and then nothing useful");
    try (Substitute worker = network.workerWith(broken)) {
      assertThat(worker.waitUntilItExits()).isNotZero();

      assertThat(worker.says("ERROR"))
          .hasSize(1)
          .first()
          .asString()
          .contains("cannot start: BROKEN_MODEL_FILE: the weights " + broken);
      assertThat(worker.says("\tat ")).isEmpty();
      assertThat(client.asks(question("What is DGrid?")).text()).isNotBlank();
    }
  }
}
