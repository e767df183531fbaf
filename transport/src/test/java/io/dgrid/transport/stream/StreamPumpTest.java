package io.dgrid.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.CallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StreamPumpTest {

  /** A stream whose reader decides when it is ready. */
  private static final class FakeObserver extends CallStreamObserver<Integer> {
    final List<Integer> sent = new ArrayList<>();
    volatile int window;
    Runnable onReady = () -> {};
    boolean completed;
    Throwable error;

    void allow(int more) {
      window += more;
      onReady.run();
    }

    @Override
    public boolean isReady() {
      return window > 0;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public void onNext(Integer value) {
      sent.add(value);
      window--;
    }

    @Override
    public void onError(Throwable t) {
      error = t;
    }

    @Override
    public void onCompleted() {
      completed = true;
    }

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }

  @Test
  void sendsNoMoreThanTheReaderAllowsAndRefusesBeyondItsCapacity() {
    FakeObserver out = new FakeObserver();
    StreamPump<Integer> pump = new StreamPump<>(out, 3);
    assertThat(pump.offer(1) && pump.offer(2) && pump.offer(3)).isTrue();
    assertThat(pump.offer(4)).isFalse();
    assertThat(out.sent).isEmpty();

    out.allow(2);
    assertThat(out.sent).containsExactly(1, 2);
    assertThat(pump.offer(4)).isTrue();
    out.allow(10);
    assertThat(out.sent).containsExactly(1, 2, 3, 4);
  }

  @Test
  void completesOnlyAfterWhatIsQueued() {
    FakeObserver out = new FakeObserver();
    StreamPump<Integer> pump = new StreamPump<>(out, 3);
    pump.offer(1);
    pump.complete();
    assertThat(out.completed).isFalse();
    assertThat(pump.offer(2)).isFalse();
    out.allow(1);
    assertThat(out.sent).containsExactly(1);
    assertThat(out.completed).isTrue();
  }

  @Test
  void failureDropsTheQueueAndReachesTheReaderAtOnce() {
    FakeObserver out = new FakeObserver();
    StreamPump<Integer> pump = new StreamPump<>(out, 3);
    pump.offer(1);
    RuntimeException boom = new RuntimeException("boom");
    pump.fail(boom);
    assertThat(out.error).isSameAs(boom);
    assertThat(out.sent).isEmpty();
    assertThat(pump.isOpen()).isFalse();
  }

  @Test
  void tellsWhenItIsDrainedSoThatProducersGoOn() {
    FakeObserver out = new FakeObserver();
    StreamPump<Integer> pump = new StreamPump<>(out, 2);
    List<String> calls = new ArrayList<>();
    pump.onDrained(() -> calls.add("drained"));
    pump.offer(1);
    pump.offer(2);
    assertThat(calls).isEmpty();
    out.allow(5);
    assertThat(calls).containsExactly("drained");
  }

  @Test
  void manyProducersKeepTheirOwnOrderAndLoseNothing() throws InterruptedException {
    FakeObserver out = new FakeObserver();
    out.window = Integer.MAX_VALUE;
    StreamPump<Integer> pump = new StreamPump<>(out, 100_000);
    int producers = 4;
    int each = 5_000;
    CountDownLatch done = new CountDownLatch(producers);
    for (int p = 0; p < producers; p++) {
      int base = p * each;
      Thread.ofVirtual()
          .start(
              () -> {
                for (int i = 0; i < each; i++) {
                  pump.offer(base + i);
                }
                done.countDown();
              });
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(out.sent).hasSize(producers * each).doesNotHaveDuplicates();
    for (int p = 0; p < producers; p++) {
      int producer = p;
      assertThat(out.sent.stream().filter(v -> v / each == producer)).isSorted();
    }
  }
}
