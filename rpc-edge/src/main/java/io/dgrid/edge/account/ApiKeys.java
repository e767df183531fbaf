package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** Secrets of API keys: {@code dg-} and 32 random bytes in base64url. Only hashes are kept. */
final class ApiKeys {
  private static final String PREFIX = "dg-";
  private static final int SECRET_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private ApiKeys() {}

  static String newSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    RANDOM.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A secret has 256 random bits, so a plain hash cannot be searched. */
  static byte[] hash(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static boolean looksLikeSecret(String text) {
    return text.startsWith(PREFIX) && text.length() == PREFIX.length() + 43;
  }

  /** The one answer to every kind of bad key. */
  static DGridException invalid() {
    return new DGridException(
        ErrorCode.INVALID_API_KEY, "the API key is unknown, revoked or expired");
  }
}
