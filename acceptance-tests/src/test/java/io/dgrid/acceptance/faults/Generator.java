package io.dgrid.acceptance.faults;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Several clients that ask one job after the other until they are told to stop. */
final class Generator implements AutoCloseable {
  private static final long REFUSAL_PAUSE_MILLIS = 100;
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  private final List<Asking> clients;
  private final Expected expected;
  private final long seed;
  private final Function<Random, Behaviour> behaviours;
  private final Queue<Story> stories = new ConcurrentLinkedQueue<>();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final List<Thread> threads;
  private volatile boolean stopped;

  Generator(
      List<Asking> clients, Expected expected, long seed, Function<Random, Behaviour> behaviours) {
    this.clients = clients;
    this.expected = expected;
    this.seed = seed;
    this.behaviours = behaviours;
    threads = clients.stream().map(this::start).toList();
  }

  private Thread start(Asking client) {
    return Thread.ofVirtual().name("client-" + client.address()).start(() -> work(client));
  }

  private void work(Asking client) {
    try {
      while (!stopped && !isBroken()) {
        int number = started.incrementAndGet();
        // What a job is like depends on its number, not on which client is the quickest.
        Random random = new Random(seed + number);
        Story story = client.ask(number, expected.draw(random), behaviours.apply(random));
        stories.add(story);
        if (story.accepted()) {
          accepted.incrementAndGet();
        } else {
          Thread.sleep(REFUSAL_PAUSE_MILLIS);
          client.confirmLeftOvers();
        }
      }
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | AssertionError defect) {
      broken.compareAndSet(null, defect);
    }
  }

  /** How many jobs were accepted so far. */
  int accepted() {
    return accepted.get();
  }

  /** Waits until one more job is accepted than now, or a client breaks off. */
  void waitForOneMore() {
    int now = accepted();
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (accepted() <= now && !isBroken() && System.nanoTime() < until) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** Whether a client met something it cannot judge; then there is no point in going on. */
  boolean isBroken() {
    return broken.get() != null;
  }

  /** Asks nothing more; what all clients saw, once each has seen the end of its last job. */
  List<Story> stories() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        if (!thread.join(PATIENCE)) {
          throw new AssertionError(thread.getName() + " still waits for the end of its job");
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted");
      }
    }
    Throwable defect = broken.get();
    if (defect != null) {
      throw new AssertionError("a client broke off: " + defect, defect);
    }
    return List.copyOf(stories);
  }

  @Override
  public void close() {
    stopped = true;
    clients.forEach(Asking::close);
    threads.forEach(Thread::interrupt);
  }
}
