package io.dgrid.benchmarks.load;

import io.dgrid.local.NetworkFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is alive on the heaps of JVMs, by the JDK's {@code jcmd}. */
final class Memory {
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

  private Memory() {}

  /** Process name to bytes of live objects; each heap is collected first. */
  static Map<String, Double> live(List<NetworkFile.Member> jvms)
      throws IOException, InterruptedException {
    Map<String, Double> bytes = new LinkedHashMap<>();
    for (NetworkFile.Member jvm : jvms) {
      String histogram = jcmd(jvm.pid(), "GC.class_histogram");
      Matcher total = TOTAL.matcher(histogram);
      if (!total.find()) {
        throw new IOException("no histogram of " + jvm.name() + ": " + histogram);
      }
      bytes.put(jvm.name(), Double.parseDouble(total.group(1)));
    }
    return bytes;
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                command)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
