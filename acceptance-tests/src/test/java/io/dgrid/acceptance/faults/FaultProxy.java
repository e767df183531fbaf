package io.dgrid.acceptance.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a process and a port of loopback, hands on what it gets and breaks it when told
 * to. Two virtual threads per connection; blocks on full buffers like the link itself.
 */
final class FaultProxy implements AutoCloseable {
  static final Duration LATENCY = Duration.ofMillis(150);
  private static final int BUFFER = 16 * 1024;
  private static final int CONNECT_MILLIS = 2_000;

  private final int target;
  private final ServerSocket server;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private @Nullable Disturbance disturbance;
  private boolean closed;

  /** Listens on a free port for what is meant for {@code target}. */
  FaultProxy(int target) {
    this.target = target;
    try {
      server = new ServerSocket();
      server.bind(new InetSocketAddress(loopback(), 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().name("proxy-" + target).start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** From now on the link is like that, for connections that are and for those that come. */
  synchronized void become(Disturbance wanted) {
    disturbance = wanted;
    notifyAll();
    switch (wanted) {
      case RESET -> connections.forEach(Connection::reset);
      case HALF_OPEN -> connections.forEach(Connection::loseTarget);
      case LATENCY, BLACKHOLE -> {}
    }
  }

  /** Everything passes again; half connections end, for what they lost does not come back. */
  synchronized void heal() {
    disturbance = null;
    notifyAll();
    connections.stream().filter(Connection::isHalf).forEach(Connection::reset);
  }

  /** Breaks the connections that are, and no others. */
  void resetOnce() {
    connections.forEach(Connection::reset);
  }

  private void accept() {
    while (true) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException done) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    Connection connection = new Connection(client);
    connections.add(connection);
    try {
      if (now() == Disturbance.RESET) {
        connection.reset();
        return;
      }
      waitWhileBlocked();
      connection.open();
    } catch (IOException refused) {
      connection.reset();
    }
  }

  private synchronized @Nullable Disturbance now() {
    return disturbance;
  }

  /** A new connection on a link that is half open gets no answer either. */
  private synchronized void waitWhileBlocked() throws IOException {
    while (!closed
        && (disturbance == Disturbance.BLACKHOLE || disturbance == Disturbance.HALF_OPEN)) {
      await();
    }
  }

  private void await() throws IOException {
    try {
      wait();
    } catch (InterruptedException stopped) {
      throw new IOException(stopped);
    }
  }

  /** What a piece of data has to go through. */
  private void pass() throws IOException {
    if (now() == Disturbance.LATENCY) {
      try {
        Thread.sleep(LATENCY);
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      }
    }
    waitWhileBlocked();
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    closeQuietly(server);
    connections.forEach(Connection::reset);
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception gone) {
      // It is closed either way.
    }
  }

  private final class Connection {
    private final Socket client;
    private final Socket listener = new Socket();
    private volatile boolean half;

    Connection(Socket client) {
      this.client = client;
    }

    void open() throws IOException {
      listener.connect(new InetSocketAddress(loopback(), target), CONNECT_MILLIS);
      client.setTcpNoDelay(true);
      listener.setTcpNoDelay(true);
      Thread.ofVirtual().start(() -> pump(client, listener));
      pump(listener, client);
    }

    /** The end of one direction ends only it, so that a half-closed connection stays one. */
    private void pump(Socket from, Socket to) {
      byte[] buffer = new byte[BUFFER];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          pass();
          out.write(buffer, 0, read);
        }
        to.shutdownOutput();
        if (from.isOutputShutdown()) {
          end();
        }
      } catch (IOException broken) {
        if (!half) {
          reset();
        }
      }
    }

    boolean isHalf() {
      return half;
    }

    void loseTarget() {
      half = true;
      abort(listener);
    }

    void reset() {
      abort(listener);
      abort(client);
      connections.remove(this);
    }

    private void end() {
      closeQuietly(listener);
      closeQuietly(client);
      connections.remove(this);
    }

    /** With a reset instead of an orderly end. */
    private void abort(Socket socket) {
      try {
        socket.setSoLinger(true, 0);
      } catch (SocketException closedAlready) {
        // Then there is nothing to reset.
      }
      closeQuietly(socket);
    }
  }
}
