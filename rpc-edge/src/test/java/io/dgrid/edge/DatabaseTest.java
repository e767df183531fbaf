package io.dgrid.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.smallrye.mutiny.CompositeException;
import io.vertx.core.impl.NoStackTraceThrowable;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class DatabaseTest {
  private static final Throwable DEFECT = new IllegalStateException("Session is closed");
  private static final Throwable CLOSING = new NoStackTraceThrowable("Connection is not active");

  @Test
  void connectionThatClosesUnderTheWorkAndItsRollbackIsAnOutage() {
    assertUnavailable(new CompositeException(DEFECT, CLOSING));
    assertUnavailable(new CompletionException(new CompositeException(DEFECT, CLOSING)));
  }

  @Test
  void ourOwnFailuresAndDefectsStayWhatTheyAre() {
    Throwable ours = new DGridException(ErrorCode.NOT_FOUND, "no job");
    assertThat(Database.coded(new CompositeException(ours, CLOSING))).isSameAs(ours);
    assertThat(Database.coded(new CompletionException(DEFECT))).isSameAs(DEFECT);
  }

  private static void assertUnavailable(Throwable failure) {
    assertThat(Database.coded(failure))
        .isInstanceOfSatisfying(
            DGridException.class,
            coded -> assertThat(coded.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }
}
