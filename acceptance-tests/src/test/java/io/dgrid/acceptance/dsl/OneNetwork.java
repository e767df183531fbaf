package io.dgrid.acceptance.dsl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts the network for the first class that wants it and stops it after the last one. A scenario
 * that does not leave the network whole fails, and the next one finds it whole all the same.
 */
final class OneNetwork implements ParameterResolver, AfterEachCallback {
  private static final Namespace NAMESPACE = Namespace.create(OneNetwork.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Network.class;
  }

  @Override
  public Network resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return network(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertThat(network(context).startsWhatIsMissing()).as("left ended by the scenario").isEmpty();
  }

  private static Network network(ExtensionContext context) {
    // The root's store closes what it holds when the run ends.
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent("network", key -> Network.start(), Network.class);
  }
}
