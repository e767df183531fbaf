package io.dgrid.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
  private static final int PATIENCE = 10_000;
  private static final int SHORT = 100;

  private final ServerSocket listener = listen();
  private final FaultProxy proxy = new FaultProxy(listener.getLocalPort());
  private Socket near = new Socket();
  private Socket far = new Socket();

  @BeforeEach
  void connect() throws IOException {
    near = dial();
    far = listener.accept();
    far.setSoTimeout(PATIENCE);
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    near.close();
    far.close();
    listener.close();
  }

  @Test
  void handsOnBothWays() throws IOException {
    assertPasses(1);
  }

  @Test
  void latencyMakesItLate() throws IOException {
    proxy.become(Disturbance.LATENCY);
    long begin = System.nanoTime();
    assertPasses(1);
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(2 * FaultProxy.LATENCY.toNanos());
  }

  @Test
  void blackholeKeepsWhatItGotUntilItHeals() throws IOException {
    proxy.become(Disturbance.BLACKHOLE);
    near.getOutputStream().write(7);
    far.setSoTimeout(SHORT);
    assertThatThrownBy(() -> far.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    far.setSoTimeout(PATIENCE);
    proxy.heal();
    assertThat(far.getInputStream().read()).isEqualTo(7);
    assertPasses(8);
  }

  @Test
  void halfOpenIsNoticedByTheListenerAtOnceAndByTheOtherSideWhenItHeals() throws IOException {
    proxy.become(Disturbance.HALF_OPEN);
    assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(IOException.class);
    near.setSoTimeout(SHORT);
    assertThatThrownBy(() -> near.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    near.setSoTimeout(PATIENCE);
    proxy.heal();
    assertThatThrownBy(() -> near.getInputStream().read())
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void resetEndsAllConnectionsAndEveryNewOneUntilItHeals() throws IOException {
    proxy.become(Disturbance.RESET);
    assertEnds(near);
    assertThatThrownBy(
            () -> {
              try (Socket late = dial()) {
                read(late);
              }
            })
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
    proxy.heal();
    near = dial();
    far = listener.accept();
    assertPasses(1);
  }

  @Test
  void theEndOfOneDirectionLeavesTheOtherOpen() throws IOException {
    near.shutdownOutput();
    assertThat(far.getInputStream().read()).isEqualTo(-1);
    far.getOutputStream().write(3);
    assertThat(near.getInputStream().read()).isEqualTo(3);
  }

  private void assertPasses(int value) throws IOException {
    near.getOutputStream().write(value);
    assertThat(far.getInputStream().read()).isEqualTo(value);
    far.getOutputStream().write(value);
    assertThat(near.getInputStream().read()).isEqualTo(value);
  }

  private static void assertEnds(Socket socket) {
    assertThatThrownBy(() -> read(socket))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(SocketTimeoutException.class);
  }

  private static void read(Socket socket) throws IOException {
    if (socket.getInputStream().read() < 0) {
      throw new IOException("ended");
    }
  }

  private Socket dial() throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port()), PATIENCE);
    socket.setSoTimeout(PATIENCE);
    return socket;
  }

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
