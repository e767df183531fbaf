package io.dgrid.cli.client;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** What a client has signed so far, whatever an edge says. */
public interface ClientMemory {
  /**
   * Waits until nobody else holds it.
   *
   * @throws DGridException UNAVAILABLE when another process keeps it too long; INTERNAL when it
   *     cannot be read or written
   */
  Held hold();

  /** Exclusive use of a memory. */
  interface Held extends AutoCloseable {
    /** Empty for a node that nothing was ever signed for. */
    ChannelMemory of(Address node);

    /** Of every node that something was signed for. */
    Collection<ChannelMemory> all();

    /** Returns when it survives a power cut. */
    void keep(ChannelMemory memory);

    @Override
    void close();
  }

  /** Lasts as long as the object; safe for threads. */
  static ClientMemory ofProcess() {
    Map<Address, ChannelMemory> memories = new LinkedHashMap<>();
    ReentrantLock lock = new ReentrantLock();
    return () -> {
      lock.lock();
      return new Held() {
        @Override
        public ChannelMemory of(Address node) {
          return memories.getOrDefault(node, ChannelMemory.empty(node));
        }

        @Override
        public Collection<ChannelMemory> all() {
          return memories.values();
        }

        @Override
        public void keep(ChannelMemory memory) {
          memories.put(memory.node(), memory);
        }

        @Override
        public void close() {
          lock.unlock();
        }
      };
    };
  }
}
