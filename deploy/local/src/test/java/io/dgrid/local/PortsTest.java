package io.dgrid.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dgrid.local.LocalNetworkException.Code;
import io.dgrid.local.Ports.Slot;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void standardPortsAreTheDocumentedOnes() {
    Ports ports = Ports.standard();

    assertThat(ports.of(Slot.EDGE_GRPC)).isEqualTo(9000);
    assertThat(ports.of(Slot.EDGE_GRPC, 1)).isEqualTo(9001);
    assertThat(ports.of(Slot.EDGE_HTTP)).isEqualTo(8080);
    assertThat(ports.of(Slot.SCHEDULER_GRPC)).isEqualTo(9100);
    assertThat(ports.of(Slot.SETTLEMENT_GRPC)).isEqualTo(9200);
    assertThat(ports.of(Slot.ORACLE_GRPC)).isEqualTo(9300);
    assertThat(ports.of(Slot.KAFKA)).isEqualTo(9092);
    assertThat(ports.of(Slot.CHAIN)).isEqualTo(8545);
  }

  @Test
  void noTwoPartsShareAPort() {
    for (Ports ports : new Ports[] {Ports.standard(), Ports.from(20_000), Ports.from(0)}) {
      Set<Integer> seen = new HashSet<>();
      for (Slot slot : Slot.values()) {
        for (int i = 0; i < slot.count(); i++) {
          assertThat(seen.add(ports.of(slot, i))).as("%s %d", slot, i).isTrue();
        }
      }
    }
  }

  @Test
  void portsFollowTheBase() {
    assertThat(Ports.from(20_000).of(Slot.EDGE_GRPC)).isEqualTo(20_000);
    assertThat(Ports.from(20_000).of(Slot.WORKER_HTTP, 49)).isEqualTo(20_099);
  }

  @Test
  void baseWithoutRoomIsRefused() {
    assertThatThrownBy(() -> Ports.from(65_500)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Ports.from(80)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Ports.standard().of(Slot.EDGE_GRPC, 10))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takenPortIsNamedTogetherWithTheFlagThatHelps() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = other.getLocalPort();

      assertThatThrownBy(() -> Ports.requireFree(Map.of("Kafka broker", port)))
          .isInstanceOfSatisfying(
              LocalNetworkException.class,
              failure -> assertThat(failure.code()).isEqualTo(Code.PORT_IN_USE))
          .hasMessageContaining("port " + port + " (Kafka broker)")
          .hasMessageContaining("--port-base");
    }
  }
}
