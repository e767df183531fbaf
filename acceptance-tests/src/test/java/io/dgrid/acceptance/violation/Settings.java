package io.dgrid.acceptance.violation;

import io.smallrye.config.ConfigMapping;

/** Settings that do not say so. */
@ConfigMapping(prefix = "dgrid.violation")
interface Settings {
  String name();
}
