package io.dgrid.contracts;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The committed ABI and bytecode are the ones that contracts/build.sh wrote, each byte of them. */
class ArtifactChecksumsTest {
  private static final Path ARTIFACTS = Path.of("artifacts");

  @Test
  void everyArtifactHasItsChecksum() throws Exception {
    Map<String, String> stated;
    try (var lines = Files.lines(ARTIFACTS.resolve("checksums.sha256"))) {
      stated =
          lines.map(line -> line.split(" {2}")).collect(toMap(part -> part[1], part -> part[0]));
    }
    Map<String, String> actual;
    try (var files = Files.list(ARTIFACTS)) {
      actual =
          files
              .filter(file -> !file.endsWith("checksums.sha256"))
              .collect(toMap(file -> file.getFileName().toString(), ArtifactChecksumsTest::sha256));
    }
    assertThat(actual).hasSize(8).isEqualTo(stated);
  }

  private static String sha256(Path file) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
