package io.dgrid.settlement.chain;

import io.dgrid.settlement.chain.ChainException.Code;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import org.jboss.logging.Logger;

/** How settlement and the chain get on; changes are logged once, not at every look. */
@Singleton
class ChainStatus {
  private static final Logger LOG = Logger.getLogger(ChainStatus.class);

  private final InstantSource time;
  private volatile State state;
  private volatile boolean seen;
  private volatile long head;
  private volatile long followed;
  private volatile long published;

  ChainStatus(InstantSource time, MeterRegistry metrics) {
    this.time = time;
    this.state = new State("CONNECTING", "no look at the chain yet", time.instant());
    metrics.gauge("dgrid.settlement.chain.lag.blocks", this, s -> Math.max(0, s.head - s.followed));
    metrics.gauge("dgrid.settlement.chain.published.block", this, s -> s.published);
  }

  /**
   * @param name CONNECTING, FOLLOWING or a {@link Code}
   * @param detail for people
   * @param since when it became so
   */
  record State(String name, String detail, Instant since) {
    boolean isFollowing() {
      return name.equals("FOLLOWING");
    }

    /** Waiting cures it: batches close meanwhile and settle later. */
    boolean passes() {
      return isFollowing()
          || name.equals("CONNECTING")
          || name.equals(Code.UNREACHABLE.name())
          || name.equals(Code.REFUSED.name());
    }
  }

  State state() {
    return state;
  }

  long head() {
    return head;
  }

  long published() {
    return published;
  }

  /**
   * Whether work can go on: the chain was seen in this life, and nothing is wrong that waiting does
   * not cure. A chain that is away from the start may as well be a wrong address.
   */
  boolean isReady() {
    return seen && state.passes();
  }

  void following(long headNumber, long followedNumber) {
    head = headNumber;
    followed = followedNumber;
    seen = true;
    if (!state.isFollowing()) {
      change(new State("FOLLOWING", "", time.instant()));
    }
  }

  void published(long block) {
    published = block;
  }

  void failed(Throwable failure) {
    String name = failure instanceof ChainException e ? e.code().name() : "INTERNAL";
    if (!state.name().equals(name)) {
      change(new State(name, String.valueOf(failure.getMessage()), time.instant()));
      if (!(failure instanceof ChainException)) {
        LOG.error("unexpected failure while following the chain", failure);
      }
    }
  }

  private void change(State next) {
    if (next.isFollowing()) {
      LOG.infof("chain: following, head %d (was %s)", head, state.name());
    } else {
      LOG.warnf(
          "chain: %s: %s%s",
          next.name(),
          next.detail(),
          next.passes() ? "; will keep trying" : "; nothing is settled until then");
    }
    state = next;
  }
}
