package io.dgrid.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.ChatMessage;
import io.dgrid.proto.job.v1.ChatPrompt;
import io.dgrid.proto.job.v1.Prompt;
import io.dgrid.proto.job.v1.Sampling;
import io.dgrid.proto.receipt.v1.SignedOffer;
import io.dgrid.proto.worker.v1.Assignment;
import io.dgrid.proto.worker.v1.OpenCall;
import io.dgrid.proto.worker.v1.Opening;
import io.dgrid.proto.worker.v1.ScoreCall;
import io.dgrid.proto.worker.v1.Scores;
import io.dgrid.proto.worker.v1.SessionRequest;
import io.dgrid.proto.worker.v1.SessionRequest.MessageCase;
import io.dgrid.proto.worker.v1.SessionResponse;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.PromptCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.SamplingCodec;
import io.dgrid.transport.codec.Wire;
import io.dgrid.transport.trace.JobTracer;
import io.dgrid.worker.engine.embedded.EmbeddedEngine;
import io.dgrid.worker.engine.embedded.EmbeddedEngineConfig;
import io.dgrid.worker.metric.WorkerMetrics;
import io.dgrid.worker.model.ServedModel;
import io.dgrid.worker.receipt.JournalLimits;
import io.dgrid.worker.receipt.ReceiptJournal;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent with the real model: answer, receipt, continuation, score. */
class EmbeddedWorkerTest {
  private static final CatalogueEntry ENTRY =
      Catalogue.read(Path.of(System.getProperty("dgrid.root"), "deploy/local/catalogue"))
          .find("dgrid/demo-1m")
          .orElseThrow();

  @TempDir Path directory;

  private final SigningKey node = SigningKey.random();
  private final SigningKey client = SigningKey.random();
  private final ServedModel model = ServedModel.of(ENTRY);

  /** What one attempt sent. */
  private record Answer(List<Integer> ids, String text, IssuedReceipt receipt) {}

  @Test
  void answersAreContinuedWithoutASeamAndScoreAsClaimed() throws Exception {
    try (FakeScheduler scheduler = new FakeScheduler(TestJobs.DOMAIN, Duration.ofSeconds(30));
        WorkerAgent agent = agent(scheduler)) {
      agent.start();
      FakeScheduler.Session session = scheduler.session();
      SignedOffer offer = session.stateWhere(s -> s.getOffersCount() == 1).getOffers(0);

      Answer whole = answer(session, assignment(offer, 1));
      assertThat(ReceiptRules.violations(whole.receipt(), TestJobs.DOMAIN)).isEmpty();
      assertThat(whole.ids()).hasSizeGreaterThan(4);
      assertThat(whole.text()).isNotBlank();

      int half = whole.ids().size() / 2;
      int[] delivered = whole.ids().subList(0, half).stream().mapToInt(Integer::intValue).toArray();
      Answer rest = answer(session, assignment(offer, 2, delivered));
      assertThat(rest.ids()).isEqualTo(whole.ids().subList(half, whole.ids().size()));
      assertThat(whole.text()).endsWith(rest.text());
      assertThat(rest.receipt().receipt().statement().inputTokens()).isZero();

      Opening opening = opening(session, whole.receipt());
      session.send(
          SessionResponse.newBuilder()
              .setScore(
                  ScoreCall.newBuilder()
                      .setCall(1)
                      .setModelId(Wire.bytes(model.id()))
                      .setOpening(opening)));
      Scores scores = session.await(MessageCase.SCORED, m -> true).getScored().getScores();
      assertThat(scores.getLogprobsList()).isEqualTo(opening.getLogprobsList());
      assertThat(scores.getRedrawnList()).isEqualTo(opening.getTokenIdsList());
    }
  }

  private static Opening opening(FakeScheduler.Session session, IssuedReceipt receipt)
      throws InterruptedException {
    session.send(
        SessionResponse.newBuilder()
            .setOpen(
                OpenCall.newBuilder()
                    .setCall(2)
                    .setReceiptHash(
                        Wire.bytes(receipt.receipt().statement().hash(TestJobs.DOMAIN)))));
    return session.await(MessageCase.OPENED, m -> true).getOpened().getOpening();
  }

  private static Answer answer(FakeScheduler.Session session, Assignment assignment)
      throws InterruptedException {
    session.send(SessionResponse.newBuilder().setAssign(assignment));
    List<Integer> ids = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    SessionRequest message = session.output();
    while (message.hasChunk()) {
      assertThat(message.getChunk().getChunk().getFirstPosition())
          .isEqualTo(assignment.getDeliveredCount() + ids.size());
      ids.addAll(message.getChunk().getChunk().getTokenIdsList());
      text.append(message.getChunk().getChunk().getText());
      message = session.output();
    }
    assertThat(message.getResult().hasReceipt()).as(message.toString()).isTrue();
    return new Answer(
        ids, text.toString(), ReceiptCodec.fromWire(message.getResult().getReceipt()));
  }

  private Assignment assignment(SignedOffer offer, int attempt, int... delivered) {
    Prompt prompt =
        Prompt.newBuilder()
            .setChat(
                ChatPrompt.newBuilder()
                    .addMessages(
                        ChatMessage.newBuilder().setRole("user").setContent("What is DGrid?")))
            .build();
    Sampling sampling =
        Sampling.newBuilder()
            .setSeed(11)
            .setTemperatureMicros(800_000)
            .setTopPMicros(950_000)
            .build();
    JobRequest request =
        new JobRequest(
            client.address(),
            model.id(),
            PromptCodec.hash(prompt, TestJobs.SALT),
            SamplingCodec.hash(sampling),
            Price.of(10_000_000),
            60,
            1,
            Long.MAX_VALUE);
    int[] promptTokens = model.tokenize(prompt).orElseThrow();
    return Assignment.newBuilder()
        .setJobId(Wire.bytes(request.jobId(TestJobs.DOMAIN)))
        .setAttempt(attempt)
        .setRequest(JobRequestCodec.toWire(Signed.by(client, TestJobs.DOMAIN, request)))
        .setPrompt(prompt)
        .addAllPromptTokens(Arrays.stream(promptTokens).boxed().toList())
        .setSampling(sampling)
        .setSalt(Wire.bytes(TestJobs.SALT))
        .addAllDelivered(Arrays.stream(delivered).boxed().toList())
        .setOffer(offer)
        .setAllowUntil(1000)
        .build();
  }

  private WorkerAgent agent(FakeScheduler scheduler) throws Exception {
    WorkerAgent.Settings settings =
        new WorkerAgent.Settings(
            List.of(scheduler.target()),
            TestJobs.PRICING,
            2,
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            true,
            4,
            Duration.ofSeconds(20));
    return new WorkerAgent(
        new WorkerAgent.Parts(
            settings,
            TestJobs.DOMAIN,
            node,
            model,
            EmbeddedEngine.open(ENTRY.weights(), EmbeddedEngineConfig.ofSlots(2)),
            ReceiptJournal.open(
                directory,
                node.address(),
                new JournalLimits(Duration.ofDays(7), 1 << 20, 1 << 16),
                InstantSource.system()),
            new WorkerMetrics(new SimpleMeterRegistry(), "dgrid/demo-1m", "embedded"),
            JobTracer.off(),
            "w1",
            "",
            "test"),
        InstantSource.system());
  }
}
