package io.dgrid.local;

import io.dgrid.local.LocalNetworkException.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the project's files are. */
public final class Checkout {
  private Checkout() {}

  /**
   * The root folder: the nearest one with the build's launcher at or above the system property
   * {@code dgrid.root}, else the current folder.
   */
  public static Path root() {
    Path start = Path.of(System.getProperty("dgrid.root", "")).toAbsolutePath();
    for (@Nullable Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("mvnw"))) {
        return folder;
      }
    }
    throw new LocalNetworkException(
        Code.MISSING, "not inside of a DGrid checkout; run ./dgrid from it or set -Ddgrid.root");
  }
}
