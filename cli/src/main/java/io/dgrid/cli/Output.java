package io.dgrid.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.dgrid.cli.proof.Check;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers go to standard output, everything about them to standard error. Colours only on a
 * terminal, and never with NO_COLOR.
 */
public final class Output {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final PrintStream out;
  private final PrintStream err;
  private final boolean colour;

  public Output(PrintStream out, PrintStream err, boolean colour) {
    this.out = out;
    this.err = err;
    this.colour = colour;
  }

  static Output ofProcess() {
    boolean terminal = System.console() != null && System.console().isTerminal();
    String noColour = System.getenv("NO_COLOR");
    return new Output(
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        terminal && (noColour == null || noColour.isEmpty()));
  }

  /** A piece of an answer, shown at once. */
  public void piece(String text) {
    out.print(text);
    out.flush();
  }

  public void line(String text) {
    out.println(text);
  }

  /** Progress and diagnostics. */
  public void note(String text) {
    err.println(paint("2", text));
  }

  public void error(String text) {
    err.println(paint("31", text));
  }

  /** A check's result, with a mark that does not depend on colour. */
  public void check(Check check) {
    String mark =
        switch (check.result()) {
          case GOOD -> paint("32", "ok       ");
          case PENDING -> paint("33", "not yet  ");
          case BROKEN -> paint("31", "FAIL     ");
        };
    out.println(mark + check.name() + ": " + check.detail());
  }

  public void json(JsonNode value) {
    try {
      out.println(JSON.writeValueAsString(value));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Columns as wide as their widest cell. */
  public void table(List<String> head, List<List<String>> rows) {
    List<List<String>> all = new ArrayList<>();
    all.add(head);
    all.addAll(rows);
    int[] widths = new int[head.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (int r = 0; r < all.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        line.append(all.get(r).get(i)).repeat(" ", widths[i] - all.get(r).get(i).length() + 2);
      }
      out.println(
          r == 0 ? paint("1", line.toString().stripTrailing()) : line.toString().stripTrailing());
    }
  }

  private String paint(String code, String text) {
    return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
