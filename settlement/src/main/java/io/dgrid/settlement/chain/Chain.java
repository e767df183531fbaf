package io.dgrid.settlement.chain;

import io.dgrid.contracts.Deployment;
import io.dgrid.core.identity.Address;
import io.dgrid.settlement.SettlementConfig;
import io.quarkus.runtime.Startup;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.function.Function;

/**
 * The configured chain; the door through which blocking calls leave the event loop. Made at start:
 * loading the cryptography behind it takes longer than an event loop may be held.
 */
@Startup
@Singleton
class Chain {
  private final ChainRpc rpc;
  private final EventDecoder events;
  private final long id;
  private final Address settlement;
  private final long deployBlock;

  Chain(ChainAccessConfig access, SettlementConfig config) {
    Deployment deployment =
        new Deployment(
            access.id(),
            access.deployBlock(),
            access.tokenAddress(),
            access.escrowAddress(),
            access.settlementAddress(),
            access.nodeRegistryAddress());
    this.rpc = new ChainRpc(access.rpc(), deployment, config.chain().callTimeout());
    this.events =
        new EventDecoder(
            Address.fromHex(deployment.escrow()),
            Address.fromHex(deployment.settlement()),
            Address.fromHex(deployment.nodeRegistry()));
    this.id = access.id();
    this.settlement = Address.fromHex(deployment.settlement());
    this.deployBlock = access.deployBlock();
  }

  /** Runs blocking calls on a worker thread and answers where it was asked. */
  <T> Uni<T> ask(Function<ChainRpc, T> calls) {
    return VertxContextSupport.executeBlocking(() -> calls.apply(rpc));
  }

  EventDecoder events() {
    return events;
  }

  long id() {
    return id;
  }

  Address settlement() {
    return settlement;
  }

  long deployBlock() {
    return deployBlock;
  }

  @PreDestroy
  void close() {
    rpc.close();
  }
}
