package io.dgrid.edge.openai;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.model.Catalogue;
import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.edge.account.ApiKeyRepository;
import io.dgrid.edge.account.ApiKeyRepository.Holder;
import io.dgrid.edge.limit.Limits;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;

/** The paths under {@code /v1}; every answer, also to a wrong method, is OpenAI-shaped. */
@ApplicationScoped
class OpenAiRoutes {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_BODY = 2 * 1024 * 1024;
  private static final int TOO_LARGE = 413;

  private final Catalogue catalogue;
  private final ApiKeyRepository keys;
  private final Completions completions;
  private final HttpAnswers answers;
  private final Limits limits;

  OpenAiRoutes(
      Catalogue catalogue,
      ApiKeyRepository keys,
      Completions completions,
      HttpAnswers answers,
      Limits limits) {
    this.limits = limits;
    this.catalogue = catalogue;
    this.keys = keys;
    this.completions = completions;
    this.answers = answers;
  }

  void install(@Observes Router router) {
    router.route("/v1/*").handler(this::identify).failureHandler(this::failed);
    answer(router.get("/v1/models"), (context, holder) -> models(context));
    answer(
        router.getWithRegex("\\/v1\\/models\\/(?<model>.+)"), (context, holder) -> model(context));
    BodyHandler body = BodyHandler.create(false).setBodyLimit(MAX_BODY);
    answer(
        router.post("/v1/chat/completions").handler(body),
        (context, holder) -> completions.answer(context, holder, true));
    answer(
        router.post("/v1/completions").handler(body),
        (context, holder) -> completions.answer(context, holder, false));
    router.route("/v1/*").handler(this::notFound);
  }

  private void answer(Route route, BiFunction<RoutingContext, Holder, Uni<Void>> handler) {
    route
        .handler(
            context ->
                keys.authenticate(bearer(context))
                    .chain(holder -> handler.apply(context, holder))
                    .subscribe()
                    .with(done -> {}, failure -> answers.fail(context.response(), failure)))
        .failureHandler(this::failed);
  }

  private void identify(RoutingContext context) {
    String given = context.request().getHeader("x-request-id");
    boolean usable = given != null && given.length() <= 128 && given.matches("[\\x21-\\x7e]+");
    context.response().putHeader("x-request-id", usable ? given : "req-" + UUID.randomUUID());
    limits.requirePeer(context.request().remoteAddress().hostAddress());
    context.next();
  }

  private static String bearer(RoutingContext context) {
    String header = context.request().getHeader("authorization");
    if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      throw new DGridException(
          ErrorCode.INVALID_API_KEY,
          "You didn't provide an API key: send it as 'Authorization: Bearer dg-…'");
    }
    return header.substring(7).strip();
  }

  private Uni<Void> models(RoutingContext context) {
    ObjectNode root = JSON.createObjectNode();
    root.put("object", "list");
    ArrayNode data = root.putArray("data");
    catalogue.entries().forEach(entry -> data.add(describe(entry)));
    answers.json(context.response(), 200, root);
    return Uni.createFrom().voidItem();
  }

  private Uni<Void> model(RoutingContext context) {
    String name = context.pathParam("model");
    CatalogueEntry entry =
        catalogue
            .find(name)
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.UNKNOWN_MODEL,
                        "The model '%s' does not exist".formatted(name),
                        Map.of(OpenAiErrors.PARAM, "model")));
    answers.json(context.response(), 200, describe(entry));
    return Uni.createFrom().voidItem();
  }

  private static ObjectNode describe(CatalogueEntry entry) {
    ObjectNode model = JSON.createObjectNode();
    model.put("id", entry.manifest().name());
    model.put("object", "model");
    model.put("created", 0);
    model.put("owned_by", "dgrid");
    return model;
  }

  /** No route took it: either the path or the method is wrong. */
  private void notFound(RoutingContext context) {
    String path = context.normalizedPath();
    boolean post = path.equals("/v1/chat/completions") || path.equals("/v1/completions");
    boolean get = path.equals("/v1/models") || path.startsWith("/v1/models/");
    HttpServerResponse response = context.response();
    if (post || get) {
      HttpMethod allowed = post ? HttpMethod.POST : HttpMethod.GET;
      response.putHeader("allow", allowed.name());
      answers.json(
          response,
          405,
          OpenAiErrors.body(
              "Not allowed to %s on %s; use %s"
                  .formatted(context.request().method(), path, allowed),
              "invalid_request_error",
              null,
              "METHOD_NOT_ALLOWED"));
      return;
    }
    answers.json(
        response,
        404,
        OpenAiErrors.body(
            "Unknown request URL: %s %s".formatted(context.request().method(), path),
            "invalid_request_error",
            null,
            "UNKNOWN_URL"));
  }

  private void failed(RoutingContext context) {
    if (context.statusCode() == TOO_LARGE) {
      answers.json(
          context.response(),
          TOO_LARGE,
          OpenAiErrors.body(
              "the body is larger than %d bytes".formatted(MAX_BODY),
              "invalid_request_error",
              null,
              "REQUEST_TOO_LARGE"));
      return;
    }
    Throwable failure = context.failure();
    answers.fail(
        context.response(),
        failure != null
            ? failure
            : new DGridException(
                ErrorCode.INVALID_REQUEST, "bad request, status " + context.statusCode()));
  }
}
