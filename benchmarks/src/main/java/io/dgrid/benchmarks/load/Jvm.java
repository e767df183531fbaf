package io.dgrid.benchmarks.load;

import java.util.List;
import java.util.stream.Stream;

/** How the services' JVMs are set. */
enum Jvm {
  /**
   * As the local network starts them: first compiler tier, heaps of 128 MiB; made for footprint.
   */
  LOCAL,
  /** As an operator would: all compiler tiers, heaps of 512 MiB. */
  OPERATOR;

  List<String> of(List<String> local) {
    return switch (this) {
      case LOCAL -> local;
      case OPERATOR ->
          Stream.concat(
                  local.stream()
                      .filter(o -> !o.startsWith("-XX:TieredStopAtLevel") && !o.startsWith("-Xmx")),
                  Stream.of("-Xmx512m"))
              .toList();
    };
  }
}
