package io.dgrid.oracle;

import io.dgrid.core.reputation.Reputation;
import io.vertx.mutiny.sqlclient.Row;

/** A row of {@code oracle.node} as the reputation that it keeps. */
public final class NodeStanding {
  private NodeStanding() {}

  public static Reputation of(Row node) {
    return new Reputation(
        node.getDouble("match_weight"),
        node.getDouble("mismatch_weight"),
        node.getLong("matches"),
        node.getLong("mismatches"),
        node.getLong("as_of"));
  }
}
