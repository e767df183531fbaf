package io.dgrid.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.contracts.ContractException.Code;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeploymentTest {
  private static final String A = "0x5b38da6a701c568545dcfcb03fcb875f56beddc4";
  private static final String A_CHECKSUMMED = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4";

  @Test
  void survivesTheRoundTripThroughNamedAddresses() {
    var deployment = new Deployment(31337, 7, A, A, A, A);
    assertThat(deployment.addresses())
        .containsOnlyKeys("DGridToken", "Escrow", "Settlement", "NodeRegistry")
        .containsValue(A_CHECKSUMMED);
    assertThat(Deployment.of(31337, 7, deployment.addresses())).isEqualTo(deployment);
  }

  @Test
  void malformedOrMissingAddressIsNamed() {
    assertThatThrownBy(() -> new Deployment(1, 0, A, "0x1234", A, A))
        .isInstanceOf(ContractException.class)
        .hasMessage("Escrow: '0x1234' is not an address");
    assertThatThrownBy(() -> Deployment.of(1, 0, Map.of("DGridToken", A, "Escrow", A)))
        .hasMessage("no address given for the contract Settlement");
  }

  @Test
  void parametersOutsideTheContractsBoundsAreRefusedBeforeAnyTransaction() {
    var good = DeploymentParameters.local(A, A, List.of());
    assertThatThrownBy(
            () ->
                new DeploymentParameters(
                    A,
                    A,
                    List.of(),
                    List.of(),
                    1_001,
                    good.withdrawalLock(),
                    good.revocationGrace(),
                    good.minimumStake(),
                    good.unbondingPeriod(),
                    good.initialSupply()))
        .hasMessageContaining("0 to 1000 bps");
    assertThatThrownBy(
            () ->
                new DeploymentParameters(
                    A,
                    A,
                    List.of(),
                    List.of(),
                    0,
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(2),
                    good.minimumStake(),
                    good.unbondingPeriod(),
                    good.initialSupply()))
        .hasMessageContaining("must not exceed the withdrawal lock");
  }

  @Test
  void unreachableChainIsARetryableError() throws Exception {
    int closedPort;
    try (var socket = new ServerSocket(0)) {
      closedPort = socket.getLocalPort();
    }
    assertThatThrownBy(
            () ->
                ChainClient.connect(
                    URI.create("http://127.0.0.1:" + closedPort),
                    AnvilNode.DEPLOYER_KEY,
                    Duration.ofSeconds(2)))
        .isInstanceOfSatisfying(
            ContractException.class,
            e -> {
              assertThat(e.code()).isEqualTo(Code.CHAIN_UNREACHABLE);
              assertThat(e.retryable()).isTrue();
            });
  }
}
