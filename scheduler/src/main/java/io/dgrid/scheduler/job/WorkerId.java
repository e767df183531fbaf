package io.dgrid.scheduler.job;

import io.dgrid.core.identity.Address;

/**
 * One agent process of a node. The name is empty where only the node is known: an attempt read back
 * from the log.
 */
public record WorkerId(Address node, String name) implements Comparable<WorkerId> {

  /** Whether the other may speak for this one. */
  boolean accepts(WorkerId other) {
    return node.equals(other.node) && (name.isEmpty() || name.equals(other.name));
  }

  @Override
  public int compareTo(WorkerId other) {
    int byNode = node.compareTo(other.node);
    return byNode == 0 ? name.compareTo(other.name) : byNode;
  }

  @Override
  public String toString() {
    return node + "/" + name;
  }
}
