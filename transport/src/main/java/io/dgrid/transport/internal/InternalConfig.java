package io.dgrid.transport.internal;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** The secret that the network's own services show each other. */
@ConfigMapping(prefix = "dgrid.internal")
public interface InternalConfig {
  /**
   * File with at least 32 characters, readable by its owner only. Absent: internal services are
   * open, for tests alone.
   */
  Optional<Path> tokenFile();
}
