package io.dgrid.settlement;

import io.dgrid.core.identity.Signer;
import io.dgrid.core.identity.SigningKey;
import jakarta.annotation.PostConstruct;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The key that signs transactions; read once, at the first use. */
@Singleton
public class SettlementKey {
  private final SettlementConfig config;
  private SigningKey key;

  SettlementKey(SettlementConfig config) {
    this.config = config;
  }

  @PostConstruct
  void read() {
    try {
      key = SigningKey.read(config.keyFile());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read dgrid.settlement.key-file: " + e.getMessage(), e);
    }
  }

  public Signer signer() {
    return key;
  }
}
