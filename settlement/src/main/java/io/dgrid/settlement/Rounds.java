package io.dgrid.settlement;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Steps that run again and again until the application stops, the next one a pause after the end of
 * the last: a step never meets itself. Pauses may be shorter than the second that Quarkus'
 * scheduler counts in.
 */
@ApplicationScoped
public class Rounds {
  private static final Logger LOG = Logger.getLogger(Rounds.class);

  private final Vertx vertx;
  private volatile boolean stopped;

  Rounds(Vertx vertx) {
    this.vertx = vertx;
  }

  /**
   * Call it when the application has started. Every round has a Vert.x context of its own, so that
   * sessions end with it.
   *
   * @param pause at least a millisecond
   * @param step a failure is logged, and the next round comes all the same
   */
  public void repeat(Duration pause, Supplier<Uni<Void>> step) {
    next(vertx.getOrCreateContext(), pause.toMillis(), step);
  }

  private void next(Context root, long pause, Supplier<Uni<Void>> step) {
    vertx.setTimer(pause, timer -> round(root, pause, step));
  }

  private void round(Context root, long pause, Supplier<Uni<Void>> step) {
    if (stopped) {
      return;
    }
    Context own = VertxContext.createNewDuplicatedContext(root);
    VertxContextSafetyToggle.setContextSafe(own, true);
    own.runOnContext(
        ignored ->
            Uni.createFrom()
                .deferred(step::get)
                .onFailure()
                .invoke(failure -> LOG.error("a round failed", failure))
                .onTermination()
                .invoke(() -> next(root, pause, step))
                .subscribe()
                .with(done -> {}, failed -> {}));
  }

  void stop(@Observes ShutdownEvent event) {
    stopped = true;
  }
}
