package io.dgrid.local;

import java.util.List;
import java.util.Map;

/**
 * What a test may change about a network before its processes start: their settings, and with them
 * the addresses under which they look for each other.
 */
public interface Wiring {
  /** As it is: nothing between the processes. */
  Wiring DIRECT = new Wiring() {};

  /**
   * The settings a service starts with, asked once.
   *
   * @param process name as in {@link LocalNetwork}
   * @param settings what the network would start it with; not to be changed
   */
  default Map<String, String> settings(String process, Map<String, String> settings) {
    return settings;
  }

  /**
   * How a JVM is started: the program and its options, without settings, class path and program.
   *
   * @param process name as in {@link LocalNetwork}
   * @param java what the network would start it with; not to be changed
   */
  default List<String> java(String process, List<String> java) {
    return java;
  }

  /** The port the broker names to its clients, asked once before it starts. */
  default int advertised(int brokerPort) {
    return brokerPort;
  }
}
