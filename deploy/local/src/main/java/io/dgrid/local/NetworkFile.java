package io.dgrid.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.local.LocalNetworkException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code network.json}: how other programs find a running network. Its shape is a promise, see
 * docs.
 */
public record NetworkFile(
    List<Edge> edges,
    List<Endpoint> schedulers,
    Endpoint settlement,
    Endpoint oracle,
    String kafka,
    String postgres,
    Chain chain,
    Client client,
    List<Member> processes) {
  private static final ObjectMapper JSON =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

  public record Edge(String grpc, String http) {}

  public record Endpoint(String grpc) {}

  public record Chain(String rpc, long chainId, Map<String, String> contracts) {}

  /**
   * @param apiKey absent until an edge has issued one
   */
  public record Client(String address, String keyFile, @Nullable String apiKey) {}

  /**
   * @param address of a worker's node
   */
  public record Member(String name, long pid, @Nullable String address) {}

  static Path in(Path data) {
    return data.resolve("network.json");
  }

  /** The network that runs on a data directory; empty when none does. */
  public static Optional<NetworkFile> read(Path data) {
    Path file = in(data);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(file.toFile(), NetworkFile.class));
    } catch (IOException e) {
      throw new LocalNetworkException(Code.DATA_DIRECTORY, file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Replaces the file in one step; mode 600, for the database password and the API key are in it.
   */
  void write(Path data) {
    Path file = in(data);
    try {
      Path fresh =
          Files.createTempFile(
              data,
              "network",
              ".json",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      JSON.writerWithDefaultPrettyPrinter().writeValue(fresh.toFile(), this);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LocalNetworkException(Code.DATA_DIRECTORY, file + ": " + e.getMessage(), e);
    }
  }
}
