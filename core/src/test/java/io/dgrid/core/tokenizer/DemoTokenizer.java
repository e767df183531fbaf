package io.dgrid.core.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demo model's vocabulary from the repository's catalogue. */
public final class DemoTokenizer {
  private DemoTokenizer() {}

  public static Tokenizer read() {
    try {
      return TokenizerJson.read(catalogue().resolve("dgrid-demo-1m/tokenizer.json"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folder {@code deploy/local/catalogue} of this repository. */
  public static Path catalogue() {
    Path start = Path.of(System.getProperty("dgrid.root", System.getProperty("user.dir")));
    for (Path at = start.toAbsolutePath(); at != null; at = at.getParent()) {
      Path catalogue = at.resolve("deploy/local/catalogue");
      if (Files.isDirectory(catalogue)) {
        return catalogue;
      }
    }
    throw new IllegalStateException("no repository root at or above " + start);
  }
}
