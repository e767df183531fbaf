package io.dgrid.local.process;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;

/** How to see from outside that a process can be used. A check answers within about a second. */
public sealed interface Readiness {
  Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  /**
   * True when the process can be used now; a refused or slow connection is false, never an error.
   */
  boolean holds();

  /** Ready as soon as it runs. */
  record Immediate() implements Readiness {
    @Override
    public boolean holds() {
      return true;
    }
  }

  /** Ready when the loopback port accepts a connection. */
  record PortOpen(int port) implements Readiness {
    @Override
    public boolean holds() {
      try (var socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), (int) PROBE_TIMEOUT.toMillis());
        return true;
      } catch (IOException e) {
        return false;
      }
    }
  }

  /** Ready when {@code uri} answers 200, such as {@code /q/health/ready}. */
  record HttpOk(URI uri) implements Readiness {
    @Override
    public boolean holds() {
      try {
        var connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout((int) PROBE_TIMEOUT.toMillis());
        connection.setReadTimeout((int) PROBE_TIMEOUT.toMillis());
        try {
          return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } finally {
          connection.disconnect();
        }
      } catch (IOException e) {
        return false;
      }
    }
  }

  /** Ready when a check of the caller's own says so; it must be quick and must not throw. */
  record Probe(java.util.function.BooleanSupplier check) implements Readiness {
    @Override
    public boolean holds() {
      return check.getAsBoolean();
    }
  }
}
