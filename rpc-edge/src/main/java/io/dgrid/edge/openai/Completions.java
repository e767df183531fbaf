package io.dgrid.edge.openai;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.money.Price;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.edge.account.ApiKeyRepository.Holder;
import io.dgrid.edge.admission.Submission;
import io.dgrid.edge.job.Following;
import io.dgrid.edge.job.JobReader;
import io.dgrid.edge.job.Jobs;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.InstantSource;

/** One HTTP request, one job. A client that goes away has its job cancelled at once. */
@ApplicationScoped
class Completions {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final long MILLIS = 1000;

  private final RequestParser parser;
  private final ApiSubmissions submissions;
  private final Jobs jobs;
  private final HttpAnswers answers;
  private final Domain domain;
  private final InstantSource clock;

  Completions(
      Catalogue catalogue,
      ApiSubmissions submissions,
      Jobs jobs,
      HttpAnswers answers,
      Domain domain,
      EdgeConfig config,
      InstantSource clock) {
    this.parser =
        new RequestParser(
            catalogue, Price.parse(config.openai().defaultMaxPrice()), RANDOM::nextLong);
    this.submissions = submissions;
    this.jobs = jobs;
    this.answers = answers;
    this.domain = domain;
    this.clock = clock;
  }

  /** Completes when the job is accepted; its answer follows on the response. */
  Uni<Void> answer(RoutingContext context, Holder holder, boolean chat) {
    byte[] body =
        context.body().buffer() == null ? new byte[0] : context.body().buffer().getBytes();
    OpenAiRequest request = parser.parse(body, chat);
    Submission submission = submissions.sign(request, holder);
    JobId job = submission.request().statement().jobId(domain);
    HttpServerResponse response = context.response();
    AnswerFormat format = new AnswerFormat(request, job, clock.millis() / MILLIS);
    JobReader reader =
        request.stream()
            ? new SseReader(response, request, format, answers)
            : new AnswerReader(response, format, answers);
    Following following = new Following(reader);
    response.closeHandler(closed -> following.leave(true));
    String peer = context.request().remoteAddress().hostAddress();
    return jobs.submit(submission, following, peer).replaceWithVoid();
  }
}
