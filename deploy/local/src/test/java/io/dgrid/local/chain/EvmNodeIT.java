package io.dgrid.local.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.local.LocalNetworkException;
import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.testing.LocalChain;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EvmNodeIT {
  private static final String ACCOUNT = "0x00000000000000000000000000000000000000aa";

  @Test
  void answersItsChainIdAndKeepsItsStateOverAnOrderlyRestart() {
    try (var chain = LocalChain.start()) {
      assertThat(EvmRpc.call(chain.rpcUrl(), "eth_chainId", List.of()).asText())
          .isEqualTo("0x7a69");
      EvmRpc.call(chain.rpcUrl(), "anvil_setBalance", List.of(ACCOUNT, "0x1234"));

      chain.process().stop();
      chain.process().start();
      chain.process().awaitReady();

      assertThat(EvmRpc.call(chain.rpcUrl(), "eth_getBalance", List.of(ACCOUNT, "latest")).asText())
          .isEqualTo("0x1234");
    }
  }

  @Test
  void deadNodeIsATypedFailure() {
    try (var chain = LocalChain.start()) {
      chain.process().kill9();

      assertThatThrownBy(() -> EvmRpc.call(chain.rpcUrl(), "eth_chainId", List.of()))
          .isInstanceOfSatisfying(
              LocalNetworkException.class,
              failure -> assertThat(failure.code()).isEqualTo(Code.CHAIN_FAILED));
    }
  }

  @Test
  void absentProgramIsNamedTogetherWithTheCommandThatInstallsIt() {
    var node = new EvmNode(1, EvmNode.CHAIN_ID, Optional.empty());

    assertThatThrownBy(() -> node.process("chain", Path.of("/nowhere"), Path.of("/")))
        .isInstanceOfSatisfying(
            LocalNetworkException.class,
            failure -> assertThat(failure.code()).isEqualTo(Code.MISSING))
        .hasMessageContaining("npm ci --ignore-scripts");
  }
}
