package io.dgrid.edge;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;

/** Where the models this process knows are described. */
@ConfigMapping(prefix = "dgrid.catalogue")
public interface CatalogueConfig {
  /** One folder per model. */
  Path directory();
}
