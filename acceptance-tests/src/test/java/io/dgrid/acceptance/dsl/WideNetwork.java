package io.dgrid.acceptance.dsl;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts the wide network for a class and stops it after its last scenario. */
final class WideNetwork implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(WideNetwork.class);
  private static final int EDGES = 2;
  private static final int SCHEDULERS = 3;
  private static final int WORKERS = 6;

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Network.class;
  }

  @Override
  public Network resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // The class's store, whichever test asks: so many processes must not outlive their class.
    ExtensionContext ofClass =
        context.getTestMethod().isPresent() ? context.getParent().orElseThrow() : context;
    return ofClass
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(
            "network", key -> Network.start("wide", EDGES, SCHEDULERS, WORKERS), Network.class);
  }
}
