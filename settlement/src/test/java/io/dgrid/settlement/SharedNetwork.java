package io.dgrid.settlement;

import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One network for all classes of a test run that may share it; it ends with the run. */
final class SharedNetwork implements BeforeAllCallback, AutoCloseable {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(SharedNetwork.class);

  private static SettlementNetwork network;

  static SettlementNetwork network() {
    return network;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    if (network == null) {
      // The store of the run closes it when the last class is done.
      context.getRoot().getStore(NAMESPACE).put("network", this);
      network = SettlementNetwork.start(Files.createTempDirectory("dgrid-settlement-"), Map.of());
    }
  }

  @Override
  public void close() throws Exception {
    if (network != null) {
      network.close();
    }
  }
}
