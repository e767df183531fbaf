package io.dgrid.acceptance.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.local.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Node.js with the packages that this module's lock file names. */
public final class Node {
  private static final Path MODULE = Checkout.root().resolve("acceptance-tests");

  private Node() {}

  /** What is missing to run scripts; empty when nothing is. */
  public static String missing() {
    if (!Files.exists(MODULE.resolve("node_modules/openai/package.json"))) {
      return "the npm packages of acceptance-tests (./dgrid test installs them where npm is)";
    }
    try {
      Process version = new ProcessBuilder("node", "--version").start();
      return version.waitFor() == 0 ? "" : "a Node.js that runs";
    } catch (IOException absent) {
      return "Node.js on the PATH";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }

  /** Runs a script of the test resources; it must succeed and print one JSON document. */
  public static JsonNode runs(String script, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add("node");
    command.add(MODULE.resolve("src/test/resources").resolve(script).toString());
    command.addAll(List.of(arguments));
    try {
      Path errors = Files.createTempFile(MODULE.resolve("target"), script, ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectError(errors.toFile())
              .directory(MODULE.toFile())
              .start();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = process.waitFor(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended).as("%s ended", script).isTrue();
      assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
      return new ObjectMapper().readTree(printed);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted");
    }
  }
}
