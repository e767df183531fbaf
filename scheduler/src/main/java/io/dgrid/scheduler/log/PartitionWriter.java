package io.dgrid.scheduler.log;

import io.dgrid.scheduler.dispatch.JobLog.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jboss.logging.Logger;

/**
 * The one writer of a partition's jobs while this instance owns it. Its transactional id names the
 * partition, so the broker refuses every older writer from the moment this one is open, and undoes
 * what that one had not committed.
 *
 * <p>Group commit: what arrives while a transaction commits, and shortly after when there is much
 * of it, goes into the next. A failed transaction is aborted and written again. When neither commit
 * nor abort is possible, a newer writer exists or the outcome cannot be known: then this one is
 * lost for good, and who owns the partition next reads from the log what became of its writes.
 */
final class PartitionWriter {
  private static final Logger LOG = Logger.getLogger(PartitionWriter.class);
  private static final int MOST_WRITES = 500;

  /**
   * How long a write waits for company when the transaction before it held several. A transaction
   * costs broker and scheduler more than what is in it.
   */
  private static final Duration COMPANY = Duration.ofMillis(3);

  private static final Duration BACKOFF = Duration.ofMillis(200);
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final Write END = new Write(List.of());

  private final int partition;
  private final Supplier<? extends Producer<byte[], byte[]>> producers;
  private final Watcher watcher;
  private final LinkedBlockingQueue<Write> queue = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private final CountDownLatch abandoned = new CountDownLatch(1);
  private final Thread thread;
  private boolean sealed;
  private long transactions;

  /** Hears what becomes of the writer; called on its thread. */
  interface Watcher {
    void committed(int writes, Duration took);

    /** No write succeeds any more. */
    void lost(int partition);
  }

  private static final class Write {
    private final List<ProducerRecord<byte[], byte[]>> records;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private volatile boolean tooLarge;

    private Write(List<ProducerRecord<byte[], byte[]>> records) {
      this.records = records;
    }
  }

  PartitionWriter(
      int partition, Supplier<? extends Producer<byte[], byte[]>> producers, Watcher watcher) {
    this.partition = partition;
    this.producers = producers;
    this.watcher = watcher;
    thread = Thread.ofVirtual().name("scheduler-writer-" + partition).unstarted(this::run);
  }

  /**
   * Completes when every older writer is shut out and its open transaction undone. Waits for a
   * broker that is late; fails when it refuses or the writer is abandoned.
   */
  CompletableFuture<Void> open() {
    thread.start();
    return opened;
  }

  /** All of the records or none; completes with the outcome, never fails. */
  CompletableFuture<Outcome> write(List<ProducerRecord<byte[], byte[]>> records) {
    Write write = new Write(List.copyOf(records));
    synchronized (queue) {
      if (sealed) {
        write.outcome.complete(Outcome.NOT_OWNER);
      } else {
        queue.add(write);
      }
    }
    return write.outcome;
  }

  /** Takes no more writes; those that wait are still written. */
  void seal() {
    synchronized (queue) {
      if (!sealed) {
        sealed = true;
        queue.add(END);
      }
    }
  }

  /**
   * @return whether everything is written, or refused, by then
   */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return thread.join(patience);
  }

  /** Gives up what is not written yet; does not wait. */
  void abandon() {
    seal();
    abandoned.countDown();
  }

  private void run() {
    try {
      Producer<byte[], byte[]> producer = producers.get();
      try {
        untilAnswered(producer::initTransactions);
        opened.complete(null);
        writeAll(producer);
      } finally {
        producer.close(FAREWELL);
      }
    } catch (RuntimeException failure) {
      lost(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      seal();
      queue.forEach(write -> write.outcome.complete(Outcome.NOT_OWNER));
    }
  }

  private void lost(RuntimeException failure) {
    if (opened.completeExceptionally(failure) || isAbandoned()) {
      return;
    }
    LOG.warnf(
        "partition %d is another scheduler's now, or its last commit is in doubt: %s",
        partition, failure.toString());
    watcher.lost(partition);
  }

  private boolean isAbandoned() {
    return abandoned.getCount() == 0;
  }

  private void writeAll(Producer<byte[], byte[]> producer) throws InterruptedException {
    List<Write> batch = new ArrayList<>();
    int before = 0;
    while (true) {
      batch.add(queue.take());
      if (before > 1 && queue.size() < MOST_WRITES) {
        abandoned.await(COMPANY.toMillis(), TimeUnit.MILLISECONDS);
      }
      queue.drainTo(batch, MOST_WRITES);
      before = batch.size();
      boolean last = batch.remove(END);
      try {
        commit(producer, batch);
      } catch (RuntimeException lost) {
        batch.forEach(write -> write.outcome.complete(Outcome.NOT_OWNER));
        throw lost;
      }
      if (last || isAbandoned()) {
        batch.forEach(write -> write.outcome.complete(Outcome.NOT_OWNER));
        return;
      }
      batch.clear();
    }
  }

  /**
   * @throws RuntimeException when the writer is lost
   */
  private void commit(Producer<byte[], byte[]> producer, List<Write> batch)
      throws InterruptedException {
    List<Write> left = batch;
    while (!left.isEmpty() && !isAbandoned()) {
      long from = System.nanoTime();
      try {
        producer.beginTransaction();
        transactions++;
        left.forEach(write -> send(producer, write));
        untilAnswered(producer::commitTransaction);
        watcher.committed(left.size(), Duration.ofNanos(System.nanoTime() - from));
        left.forEach(write -> write.outcome.complete(Outcome.IN_LOG));
        return;
      } catch (RuntimeException failure) {
        untilAnswered(producer::abortTransaction);
        List<Write> rest = left.stream().filter(write -> !write.tooLarge).toList();
        if (rest.size() == left.size()) {
          LOG.warnf(
              "%d writes to partition %d failed and are tried again: %s",
              left.size(), partition, failure.toString());
          abandoned.await(BACKOFF.toMillis(), TimeUnit.MILLISECONDS);
        }
        left.stream()
            .filter(write -> write.tooLarge)
            .forEach(write -> write.outcome.complete(Outcome.TOO_LARGE));
        left = rest;
      }
    }
  }

  private void send(Producer<byte[], byte[]> producer, Write write) {
    for (ProducerRecord<byte[], byte[]> record : write.records) {
      producer.send(
          placed(producer, record),
          (done, failure) -> {
            if (failure instanceof RecordTooLargeException) {
              write.tooLarge = true;
            }
          });
    }
  }

  /**
   * Records that may lie anywhere lie in one partition in each transaction, in turns: a partition
   * costs a transaction an entry and a mark, and everybody who reads it another answer.
   */
  private ProducerRecord<byte[], byte[]> placed(
      Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    if (record.partition() != null) {
      return record;
    }
    int count = producer.partitionsFor(record.topic()).size();
    return new ProducerRecord<>(
        record.topic(),
        (int) (transactions % count),
        record.key(),
        record.value(),
        record.headers());
  }

  /** A step whose answer is late may only be asked for again: it may have happened. */
  private void untilAnswered(Runnable step) {
    while (true) {
      try {
        step.run();
        return;
      } catch (TimeoutException late) {
        if (isAbandoned()) {
          throw late;
        }
        LOG.warnf("the broker is late to answer for partition %d: %s", partition, late.toString());
      }
    }
  }
}
