package io.dgrid.benchmarks.load;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.util.function.Consumer;

/** Hands requests on and streams answers back, and does nothing else: what Vert.x alone costs. */
final class PlainProxy {
  private final HttpClient client;
  private final int target;

  PlainProxy(Vertx vertx, int target) {
    this.target = target;
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setDefaultHost("127.0.0.1"),
            new PoolOptions().setHttp1MaxSize(256));
  }

  void serve(Vertx vertx, Consumer<Integer> ready) {
    vertx
        .createHttpServer()
        .requestHandler(this::handOn)
        .listen(0, "127.0.0.1")
        .onSuccess(server -> ready.accept(server.actualPort()));
  }

  private void handOn(HttpServerRequest incoming) {
    incoming
        .body()
        .compose(
            body ->
                client
                    .request(incoming.method(), target, "127.0.0.1", incoming.uri())
                    .compose(outgoing -> outgoing.send(body)))
        .onSuccess(
            answer -> {
              incoming.response().setStatusCode(answer.statusCode()).setChunked(true);
              answer.pipeTo(incoming.response());
            })
        .onFailure(failure -> incoming.response().setStatusCode(502).end());
  }
}
