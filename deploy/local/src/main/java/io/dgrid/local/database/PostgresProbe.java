package io.dgrid.local.database;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Asks a PostgreSQL server whether it would let somebody log in. An open port does not say so:
 * during recovery the server accepts connections and refuses the session.
 */
final class PostgresProbe {
  private static final int TIMEOUT_MILLIS = 1000;
  private static final int PROTOCOL_3_0 = 196608;

  private PostgresProbe() {}

  static boolean acceptsLogin(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(startupMessage());
      // 'R' asks for authentication, 'E' is a refusal.
      return socket.getInputStream().read() == 'R';
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] startupMessage() throws IOException {
    var body = new ByteArrayOutputStream();
    for (String text :
        new String[] {"user", EmbeddedDatabase.USER, "database", EmbeddedDatabase.DATABASE}) {
      body.write(text.getBytes(StandardCharsets.UTF_8));
      body.write(0);
    }
    body.write(0);
    var message = new ByteArrayOutputStream();
    var out = new DataOutputStream(message);
    out.writeInt(8 + body.size());
    out.writeInt(PROTOCOL_3_0);
    out.write(body.toByteArray());
    return message.toByteArray();
  }
}
