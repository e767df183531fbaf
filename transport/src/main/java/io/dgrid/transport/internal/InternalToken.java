package io.dgrid.transport.internal;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import jakarta.annotation.PostConstruct;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Holds the internal secret: checks it on the way in, adds it on the way out. */
@Singleton
public class InternalToken extends CallCredentials {
  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final Logger LOG = Logger.getLogger(InternalToken.class);
  private static final int MINIMUM_LENGTH = 32;

  private final InternalConfig config;
  private @Nullable String header;

  InternalToken(InternalConfig config) {
    this.config = config;
  }

  @PostConstruct
  void read() {
    if (config.tokenFile().isEmpty()) {
      LOG.warn("dgrid.internal.token-file is not set: internal services are open to any caller");
      return;
    }
    try {
      String token = Files.readString(config.tokenFile().get()).strip();
      if (token.length() < MINIMUM_LENGTH) {
        throw new IllegalStateException(
            "the token in " + config.tokenFile().get() + " is shorter than 32 characters");
      }
      header = "Bearer " + token;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(
          "cannot read dgrid.internal.token-file " + config.tokenFile().get(), unreadable);
    }
  }

  /** Constant-time comparison with what a caller showed. */
  boolean admits(@Nullable String shown) {
    if (header == null) {
      return true;
    }
    return shown != null
        && MessageDigest.isEqual(
            header.getBytes(StandardCharsets.UTF_8), shown.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
    Metadata headers = new Metadata();
    if (header != null) {
      headers.put(HEADER, header);
    }
    applier.apply(headers);
  }
}
