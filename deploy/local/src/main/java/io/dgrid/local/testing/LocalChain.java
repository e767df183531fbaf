package io.dgrid.local.testing;

import io.dgrid.local.Ports;
import io.dgrid.local.chain.EvmNode;
import io.dgrid.local.process.ManagedProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A real EVM node for a test, on a free port, with chain id 31337, one block a second, and state
 * kept over kills.
 */
public final class LocalChain implements AutoCloseable {
  private final Scratch scratch;
  private final EvmNode node;
  private final ManagedProcess process;

  private LocalChain(Scratch scratch, EvmNode node, ManagedProcess process) {
    this.scratch = scratch;
    this.node = node;
    this.process = process;
  }

  public static LocalChain start() {
    var scratch = new Scratch("chain");
    return scratch.orClose(() -> startIn(scratch));
  }

  private static LocalChain startIn(Scratch scratch) {
    var state = Optional.of(scratch.folder().resolve("chain.json"));
    var node = new EvmNode(Ports.free(1).getFirst(), EvmNode.CHAIN_ID, state);
    var spec = node.process("chain", root(), scratch.folder());
    ManagedProcess process =
        scratch.supervisor().startWave(List.of(spec), (ready, took) -> {}).getFirst();
    return new LocalChain(scratch, node, process);
  }

  public String rpcUrl() {
    return node.rpcUrl();
  }

  public long chainId() {
    return node.chainId();
  }

  /** The process to kill, suspend or start again. */
  public ManagedProcess process() {
    return process;
  }

  @Override
  public void close() {
    scratch.close();
  }

  private static Path root() {
    return io.dgrid.local.Checkout.root();
  }
}
