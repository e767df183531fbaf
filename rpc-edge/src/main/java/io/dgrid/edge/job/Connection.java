package io.dgrid.edge.job;

import io.grpc.Attributes;
import io.grpc.Context;

/** Whether the connection that carries a call is still there: what tells a cancel from a break. */
final class Connection {
  static final Attributes.Key<Connection> ATTRIBUTE = Attributes.Key.create("dgrid-connection");
  private static final Context.Key<Connection> CONTEXT = Context.key("dgrid-connection");

  private final String peer;
  private volatile boolean broken;

  /**
   * @param peer network address without the port
   */
  Connection(String peer) {
    this.peer = peer;
  }

  /** The connection of the call that this thread handles; an unbroken one where nobody tells. */
  static Connection current() {
    Connection connection = CONTEXT.get();
    return connection == null ? new Connection("unknown") : connection;
  }

  static Context with(Connection connection) {
    return Context.current().withValue(CONTEXT, connection);
  }

  /** Where it comes from. */
  String peer() {
    return peer;
  }

  void breaks() {
    broken = true;
  }

  boolean isBroken() {
    return broken;
  }
}
