package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.chain.RpcChain;
import io.dgrid.cli.client.Answer;
import io.dgrid.cli.client.AnswerListener;
import io.dgrid.cli.client.AnswerRules;
import io.dgrid.cli.client.Asker;
import io.dgrid.cli.client.Confirmation;
import io.dgrid.cli.client.EdgeClient;
import io.dgrid.cli.client.MemoryFolder;
import io.dgrid.cli.client.Network;
import io.dgrid.cli.client.Question;
import io.dgrid.cli.client.SignedQuestion;
import io.dgrid.cli.client.Vouchers;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks one question, streams the answer, checks the bill and confirms it. */
@Command(
    name = "ask",
    description = "Ask one question; the answer goes to standard output as it comes.",
    mixinStandardHelpOptions = true)
final class AskCommand implements Callable<Integer> {
  private static final int DEFAULT_MAX_TOKENS = 128;

  private final Output output;
  private final SecureRandom random = new SecureRandom();
  private final InstantSource clock = InstantSource.system();

  @Spec
  @SuppressWarnings("NullAway.Init")
  CommandSpec spec;

  @Mixin final Connection connection = new Connection();

  @Parameters(paramLabel = "QUESTION", description = "What to ask.")
  String question = "";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model; default: the cheapest offered.")
  @Nullable String model;

  @Option(
      names = "--max-price",
      paramLabel = "UNITS",
      description =
          "Highest price per million tokens, in smallest units; default: twice the cheapest offer.")
  @Nullable BigInteger maxPrice;

  @Option(names = "--temperature", paramLabel = "T", description = "0 to 2 (default: 0.7).")
  BigDecimal temperature = new BigDecimal("0.7");

  @Option(names = "--top-p", paramLabel = "P", description = "Above 0, up to 1 (default: 1).")
  BigDecimal topP = BigDecimal.ONE;

  @Option(names = "--top-k", paramLabel = "K", description = "Candidates kept; 0: all (default).")
  int topK;

  @Option(names = "--seed", paramLabel = "N", description = "Fixes every draw; default: random.")
  @Nullable BigInteger seed;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Longest answer (default: 128).")
  @Nullable Integer maxTokens;

  @Option(names = "--system", paramLabel = "TEXT", description = "System message.")
  @Nullable String system;

  @Option(names = "--stop", paramLabel = "TEXT", description = "Ends the answer; up to 4 times.")
  List<String> stops = List.of();

  @Option(names = "--timeout", paramLabel = "SECONDS", description = "For the whole answer.")
  long timeoutSeconds;

  @Option(
      names = "--hedge-after",
      paramLabel = "MS",
      description =
          "Ask a second worker too when the first token is later than this, 50 to 60000; only the"
              + " faster one is paid. Default: never.")
  int hedgeAfterMillis;

  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description = "Chain endpoint; default: the one in network.json.")
  @Nullable URI rpc;

  AskCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    SamplingParameters sampling = sampling();
    if (question.isBlank()) {
      throw usage("the question is empty");
    }
    try (connection) {
      Network network = connection.network();
      SigningKey key = connection.key();
      ModelManifest manifest = manifest();
      Question asked =
          new Question(
              manifest,
              Question.chat(Optional.ofNullable(system), question),
              sampling,
              maxTokens(manifest),
              price(manifest),
              Duration.ofSeconds(timeoutSeconds),
              Duration.ofMillis(hedgeAfterMillis));
      return ask(asked, key, network);
    }
  }

  private int ask(Question asked, SigningKey key, Network network) {
    note(
        "model %s, at most %s per million tokens, seed %s"
            .formatted(
                asked.model().getName(),
                asked.maxPrice(),
                Long.toUnsignedString(asked.sampling().seed())));
    MemoryFolder memory = connection.memory(network, key);
    // An answer that could not be confirmed afterwards is not asked for.
    memory.hold().close();
    Vouchers vouchers = new Vouchers(connection.edge(), network, key, clock, chain(), memory);
    SignedQuestion signed = sign(asked, key, network);
    Answer answer;
    try {
      answer = follow(signed);
    } catch (DGridException refused) {
      if (refused.code() != ErrorCode.VOUCHER_OUTSTANDING || vouchers.confirmLeftOvers() == 0) {
        return fail(signed.jobId(), refused);
      }
      note("confirmed receipts of earlier jobs");
      signed = sign(asked, key, network);
      try {
        answer = follow(signed);
      } catch (DGridException again) {
        return fail(signed.jobId(), again);
      }
    }
    return finish(signed, answer, vouchers, network);
  }

  private Optional<ChainFacts> chain() {
    return Optional.ofNullable(rpc)
        .or(() -> connection.file().rpc().map(URI::create))
        .map(RpcChain::new);
  }

  private SignedQuestion sign(Question asked, SigningKey key, Network network) {
    return SignedQuestion.sign(asked, key, network.domain(), random, clock.millis());
  }

  /** Ctrl-C cancels the job while it runs, and only then. */
  private Answer follow(SignedQuestion signed) {
    Asker asker = new Asker(connection.edges());
    Thread onInterrupt =
        new Thread(
            () -> {
              output.error("cancelling job " + signed.jobId());
              asker.cancel();
            },
            "cancel");
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try {
      return asker.ask(signed, new Progress());
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(onInterrupt);
      } catch (IllegalStateException alreadyGoing) {
        // The hook runs: it has cancelled the job, or is about to.
      }
    }
  }

  private int finish(SignedQuestion signed, Answer answer, Vouchers vouchers, Network network) {
    if (!connection.json && !answer.text().isEmpty()) {
      output.line("");
    }
    List<String> broken = AnswerRules.violations(signed, answer, network.domain());
    List<Confirmation> confirmed = List.of();
    Optional<DGridException> unconfirmed = Optional.empty();
    if (broken.isEmpty() && !answer.receipts().isEmpty()) {
      try {
        confirmed = vouchers.confirm(answer.receipts());
      } catch (DGridException refused) {
        unconfirmed = Optional.of(refused);
      }
    }
    broken.forEach(each -> output.error("not confirmed: " + each));
    unconfirmed.ifPresent(f -> explain(f, network));
    summarise(answer, confirmed, network);
    if (connection.json) {
      ObjectNode out = json(signed, answer, confirmed, broken, network);
      unconfirmed.ifPresent(f -> out.set("unconfirmed", Json.error(f)));
      output.json(out);
    }
    answer.failure().ifPresent(f -> output.error(f.code() + ": " + f.getMessage()));
    boolean good = answer.failure().isEmpty() && broken.isEmpty() && unconfirmed.isEmpty();
    return good ? ExitCode.OK : ExitCode.FAILED;
  }

  private void explain(DGridException unconfirmed, Network network) {
    output.error("not confirmed: " + unconfirmed.getMessage());
    if (unconfirmed.metadata().containsKey(Vouchers.CONTRADICTION)) {
      note(
          "what this client signed before is in %s; move it away only when this network was made anew"
              .formatted(connection.memory(network, connection.key()).folder()));
    }
  }

  private void summarise(Answer answer, List<Confirmation> confirmed, Network network) {
    for (IssuedReceipt issued : answer.receipts()) {
      Receipt r = issued.receipt().statement();
      note(
          "receipt %s by %s: %d + %d tokens, %s"
              .formatted(
                  r.hash(network.domain()),
                  r.node(),
                  r.inputTokens(),
                  r.outputTokens(),
                  r.amount().display()));
    }
    confirmed.forEach(
        c ->
            note(
                "voucher %s: %s in all to %s"
                    .formatted(c.voucherHash(), c.cumulative().display(), c.node())));
    note("job %s; check it with: dgrid verify %s".formatted(answer.jobId(), answer.jobId()));
  }

  private ObjectNode json(
      SignedQuestion signed,
      Answer answer,
      List<Confirmation> confirmed,
      List<String> broken,
      Network network) {
    ObjectNode out = Json.object();
    out.put("jobId", answer.jobId().toString());
    out.put("model", signed.question().model().getName());
    out.put("seed", Long.toUnsignedString(signed.question().sampling().seed()));
    out.put("text", answer.text());
    ObjectNode usage = out.putObject("usage");
    usage.put("inputTokens", answer.inputTokens());
    usage.put("outputTokens", answer.tokenIds().length);
    out.put("amount", answer.amount().toString());
    out.put("attempts", answer.attempts());
    answer.finish().ifPresent(f -> out.put("finishReason", f.name().toLowerCase(Locale.ROOT)));
    if (!answer.receipts().isEmpty()) {
      out.set("receipt", Json.receipt(answer.receipts().getLast(), network.domain()));
    }
    var receipts = out.putArray("receipts");
    answer.receipts().forEach(r -> receipts.add(Json.receipt(r, network.domain())));
    var vouchers = out.putArray("vouchers");
    confirmed.forEach(
        c ->
            vouchers
                .addObject()
                .put("hash", c.voucherHash().toString())
                .put("node", c.node().toString())
                .put("cumulativeAmount", c.cumulative().toString())
                .put("receiptCount", c.receipts()));
    if (!broken.isEmpty()) {
      var violations = out.putArray("violations");
      broken.forEach(violations::add);
    }
    answer.failure().ifPresent(f -> out.set("error", Json.error(f)));
    return out;
  }

  private int fail(JobId job, DGridException failure) {
    if (connection.json) {
      ObjectNode out = Json.object();
      out.put("jobId", job.toString());
      out.set("error", Json.error(failure));
      output.json(out);
    }
    output.error(failure.code() + ": " + failure.getMessage());
    return ExitCode.of(failure);
  }

  private ModelManifest manifest() {
    EdgeClient edge = connection.edge();
    if (model != null) {
      return edge.model(model);
    }
    List<ModelManifest> models = edge.models();
    Optional<StandingOffer> cheapest = edge.offers().stream().min(AskCommand::compare);
    return models.stream()
        .filter(
            m ->
                cheapest
                    .map(o -> o.getOffer().getOffer().getModelId().equals(m.getModelId()))
                    .orElse(true))
        .findFirst()
        .orElseThrow(
            () -> new DGridException(ErrorCode.UNKNOWN_MODEL, "this network has no model"));
  }

  private static int compare(StandingOffer a, StandingOffer b) {
    return neededPrice(a).compareTo(neededPrice(b));
  }

  private static Price neededPrice(StandingOffer standing) {
    return OfferCodec.fromWire(standing.getOffer()).statement().pricing().highest();
  }

  private Price price(ModelManifest manifest) {
    if (maxPrice != null) {
      try {
        return new Price(maxPrice);
      } catch (IllegalArgumentException outOfBounds) {
        throw usage("--max-price: " + outOfBounds.getMessage());
      }
    }
    Price cheapest =
        connection.edge().offers(Wire.modelId(manifest.getModelId())).stream()
            .map(AskCommand::neededPrice)
            .min(Price::compareTo)
            .orElseThrow(
                () ->
                    new DGridException(
                        ErrorCode.NO_WORKER,
                        "nobody offers "
                            + manifest.getName()
                            + " now; wait, or set --max-price to queue for a worker"));
    return new Price(cheapest.unitsPerMillion().shiftLeft(1));
  }

  private int maxTokens(ModelManifest manifest) {
    if (maxTokens == null) {
      return Math.min(DEFAULT_MAX_TOKENS, manifest.getMaxOutputTokens());
    }
    if (maxTokens < 1) {
      throw usage("--max-tokens must be at least 1");
    }
    return maxTokens;
  }

  private SamplingParameters sampling() {
    try {
      long drawn = seed == null ? random.nextLong() : unsigned(seed);
      return new SamplingParameters(drawn, micros(temperature), micros(topP), topK, stops);
    } catch (IllegalArgumentException | ArithmeticException outOfBounds) {
      throw usage(outOfBounds.getMessage());
    }
  }

  private static long unsigned(BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 64) {
      throw new IllegalArgumentException("--seed must be 0 to 2^64 - 1");
    }
    return value.longValue();
  }

  private static int micros(BigDecimal value) {
    return value.movePointRight(6).intValueExact();
  }

  private CommandLine.ParameterException usage(@Nullable String message) {
    return new CommandLine.ParameterException(spec.commandLine(), String.valueOf(message));
  }

  private void note(String text) {
    output.note(text);
  }

  /** Shows the answer as it comes; with --json only what is about it. */
  private final class Progress implements AnswerListener {
    @Override
    public void onAccepted(JobId job, Accepted accepted) {
      note("job %s accepted, %d input tokens".formatted(job, accepted.getInputTokens()));
    }

    @Override
    public void onAssigned(Assigned assigned) {
      Offer offer = OfferCodec.fromWire(assigned.getOffer()).statement();
      note(
          "attempt %d on %s at %s / %s; %d other offers"
              .formatted(
                  assigned.getAttempt(),
                  offer.node(),
                  offer.inputPrice(),
                  offer.outputPrice(),
                  assigned.getLosersCount()));
    }

    @Override
    public void onText(String text) {
      if (!connection.json) {
        output.piece(text);
      }
    }

    @Override
    public void onReconnect(String edge, DGridException reason) {
      note("connection lost (" + reason.getMessage() + "), going on at " + edge);
    }
  }
}
