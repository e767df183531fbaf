package io.dgrid.acceptance.faults;

import static java.util.Objects.requireNonNull;

import io.dgrid.cli.client.Answer;
import io.dgrid.cli.client.AnswerListener;
import io.dgrid.cli.client.AnswerRules;
import io.dgrid.cli.client.Asker;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.Network;
import io.dgrid.cli.client.Question;
import io.dgrid.cli.client.SignedQuestion;
import io.dgrid.cli.client.Vouchers;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.proto.job.v1.Accepted;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One client with its own ways to the edges. It asks one job at a time and pays as it goes. */
final class Asking implements AutoCloseable {
  private static final Duration SLOWNESS = Duration.ofMillis(60);

  private final SigningKey key;
  private final Network terms;
  private final List<FaultProxy> doors;
  private final List<EdgeClient> edges;
  private final Expected expected;
  private final List<Vouchers> vouchers;

  /**
   * @param edgePorts of the edges, the preferred one first
   */
  Asking(SigningKey key, Network terms, List<Integer> edgePorts, Expected expected) {
    this.key = key;
    this.terms = terms;
    this.expected = expected;
    doors = edgePorts.stream().map(FaultProxy::new).toList();
    edges = doors.stream().map(door -> new EdgeClient("127.0.0.1:" + door.port())).toList();
    vouchers =
        edges.stream()
            .map(e -> new Vouchers(e, terms, key, InstantSource.system(), Optional.empty()))
            .toList();
  }

  Address address() {
    return key.address();
  }

  /** Asks and follows the job to its end, whatever happens on the way. */
  Story ask(int number, Question question, Behaviour behaviour) {
    SignedQuestion asked = sign(question);
    Asker asker = new Asker(edges);
    Reading reading = new Reading(asker, behaviour);
    try {
      Answer answer = asker.ask(asked, reading);
      List<String> complaints =
          new ArrayList<>(AnswerRules.violations(asked, answer, terms.domain()));
      complaints.addAll(expected.complaints(question, answer));
      if (complaints.isEmpty()) {
        confirm(answer);
      }
      return new Story(
          number,
          address(),
          asked.jobId(),
          behaviour,
          true,
          true,
          answer.failure(),
          Optional.empty(),
          answer.amount().units(),
          complaints);
    } catch (DGridException lost) {
      boolean brokenStream = lost.code() == ErrorCode.INTERNAL;
      return new Story(
          number,
          address(),
          asked.jobId(),
          behaviour,
          reading.accepted.get(),
          false,
          Optional.empty(),
          Optional.of(lost),
          BigInteger.ZERO,
          brokenStream ? List.of(requireNonNull(lost.getMessage())) : List.of());
    }
  }

  /** Asks where nothing can go wrong. */
  Answer whole(Question question) {
    SignedQuestion asked = sign(question);
    Answer answer = new Asker(edges).ask(asked, AnswerListener.NONE);
    if (answer.failure().isPresent()) {
      throw answer.failure().get();
    }
    confirm(answer);
    return answer;
  }

  private SignedQuestion sign(Question question) {
    return SignedQuestion.sign(
        question, key, terms.domain(), new SecureRandom(), System.currentTimeMillis());
  }

  /** What cannot be confirmed now is left to {@link #confirmLeftOvers}. */
  private void confirm(Answer answer) {
    atOneOfTheEdges(books -> books.confirm(answer.receipts()));
  }

  /** Confirms what earlier jobs left open, as far as that can be done now. */
  void confirmLeftOvers() {
    atOneOfTheEdges(Vouchers::confirmLeftOvers);
  }

  /** All of them keep the same books. */
  private void atOneOfTheEdges(Consumer<Vouchers> work) {
    for (Vouchers books : vouchers) {
      try {
        work.accept(books);
        return;
      } catch (DGridException later) {
        if (!later.retryable()) {
          throw later;
        }
      }
    }
  }

  private final class Reading implements AnswerListener {
    private final Asker asker;
    private final Behaviour behaviour;
    private final AtomicBoolean accepted = new AtomicBoolean();
    private final AtomicBoolean acted = new AtomicBoolean();

    Reading(Asker asker, Behaviour behaviour) {
      this.asker = asker;
      this.behaviour = behaviour;
    }

    @Override
    public void onAccepted(JobId job, Accepted event) {
      accepted.set(true);
    }

    @Override
    public void onText(String text) {
      switch (behaviour) {
        case READS -> {}
        case READS_SLOWLY -> pause();
        case CANCELS -> {
          if (acted.compareAndSet(false, true)) {
            cancel();
          }
        }
        case LOSES_CONNECTION -> {
          if (acted.compareAndSet(false, true)) {
            doors.forEach(FaultProxy::resetOnce);
          }
        }
      }
    }

    /** An edge that is away just now does not hear it; then the job goes on to its own end. */
    private void cancel() {
      try {
        asker.cancel();
      } catch (DGridException unheard) {
        if (!unheard.retryable() && unheard.code() != ErrorCode.NOT_FOUND) {
          throw unheard;
        }
      }
    }

    private void pause() {
      try {
        Thread.sleep(SLOWNESS);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    edges.forEach(EdgeClient::close);
    doors.forEach(FaultProxy::close);
  }
}
