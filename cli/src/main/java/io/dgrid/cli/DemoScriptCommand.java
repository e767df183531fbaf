package io.dgrid.cli;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.chain.RpcChain;
import io.dgrid.cli.client.Answer;
import io.dgrid.cli.client.AnswerListener;
import io.dgrid.cli.client.AnswerRules;
import io.dgrid.cli.client.Asker;
import io.dgrid.cli.client.Confirmation;
import io.dgrid.cli.client.Network;
import io.dgrid.cli.client.Question;
import io.dgrid.cli.client.SignedQuestion;
import io.dgrid.cli.client.Vouchers;
import io.dgrid.cli.proof.BundleChecks;
import io.dgrid.cli.proof.BundleFile;
import io.dgrid.cli.proof.Check;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Accepted;
import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.job.v1.LosingOffer;
import io.dgrid.proto.market.v1.ModelManifest;
import io.dgrid.proto.quality.v1.Verdict;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What {@code ./dgrid demo} shows on its network: one question, followed to the chain. */
@Command(
    name = "demo-script",
    hidden = true,
    description = "Ask one question and follow it to the chain.",
    mixinStandardHelpOptions = true)
final class DemoScriptCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final int MAX_TOKENS = 96;
  private static final int TEMPERATURE_MICROS = 700_000;

  private final Output output;
  private final SecureRandom random = new SecureRandom();

  @Mixin final Connection connection = new Connection();

  @Parameters(paramLabel = "QUESTION", defaultValue = "Tell me a story about a little robot.")
  String question = "";

  DemoScriptCommand(Output output) {
    this.output = output;
  }

  /** Where money was at one moment. */
  private record Balances(TokenAmount client, TokenAmount node, TokenAmount treasury) {}

  @Override
  public Integer call() {
    try (connection) {
      Network network = connection.network();
      URI rpc =
          connection
              .file()
              .rpc()
              .map(URI::create)
              .orElseThrow(() -> new UnreachableException("network.json names no chain"));
      return run(network, new RpcChain(rpc), connection.key());
    }
  }

  private int run(Network network, ChainFacts chain, SigningKey key) {
    SignedQuestion asked =
        SignedQuestion.sign(
            question(), key, network.domain(), random, InstantSource.system().millis());
    Answer answer = new Asker(connection.edges()).ask(asked, new Story());
    output.line("");
    if (answer.failure().isPresent()) {
      throw answer.failure().get();
    }
    List<String> broken = AnswerRules.violations(asked, answer, network.domain());
    if (!broken.isEmpty()) {
      broken.forEach(output::error);
      return ExitCode.FAILED;
    }
    for (IssuedReceipt issued : answer.receipts()) {
      Receipt r = issued.receipt().statement();
      step(
          "receipt",
          "%s signed by %s: %d + %d tokens, %s"
              .formatted(
                  r.hash(network.domain()),
                  r.node(),
                  r.inputTokens(),
                  r.outputTokens(),
                  r.amount().display()));
    }
    Address node = answer.receipts().getLast().receipt().statement().node();
    // Before the voucher: without it nothing of this job can be paid.
    Balances before = balances(network, chain, key.address(), node);
    List<Confirmation> confirmed =
        new Vouchers(
                connection.edge(),
                network,
                key,
                InstantSource.system(),
                Optional.of(chain),
                connection.memory(network, key))
            .confirm(answer.receipts());
    confirmed.forEach(
        c ->
            step(
                "voucher",
                c.voucherHash()
                    + " signed by the client: "
                    + c.cumulative().display()
                    + " in all to "
                    + c.node()));
    verdict(asked.jobId());
    settlement(asked.jobId());
    boolean verified = verify(asked.jobId(), network, chain);
    boolean even = compare(before, balances(network, chain, key.address(), node), answer.amount());
    return verified && even ? ExitCode.OK : ExitCode.FAILED;
  }

  private Question question() {
    ModelManifest model = connection.edge().models().getFirst();
    Price cheapest =
        connection.edge().offers(Wire.modelId(model.getModelId())).stream()
            .map(o -> OfferCodec.fromWire(o.getOffer()).statement().pricing().highest())
            .min(Price::compareTo)
            .orElseThrow(
                () ->
                    new DGridException(ErrorCode.NO_WORKER, "no worker offers " + model.getName()));
    return new Question(
        model,
        Question.chat(Optional.empty(), question),
        SamplingParameters.seeded(random.nextLong(), TEMPERATURE_MICROS),
        Math.min(MAX_TOKENS, model.getMaxOutputTokens()),
        new Price(cheapest.unitsPerMillion().shiftLeft(1)),
        Duration.ZERO);
  }

  private void verdict(JobId job) {
    ReceiptEvidence evidence =
        await(
            "verdict",
            () ->
                bundle(job)
                    .map(b -> b.getReceipts(b.getReceiptsCount() - 1))
                    .filter(ReceiptEvidence::hasVerdict));
    Verdict verdict = evidence.getVerdict().getVerdict();
    step(
        "verdict",
        "%s: verifier %s scored %d tokens, logprob distance %.6f nat, %d redraws differ"
            .formatted(
                verdict.getResult().name().replace("VERDICT_RESULT_", ""),
                Wire.address(verdict.getVerifier(), "verdict.verifier"),
                verdict.getTokens(),
                verdict.getLogprobDistance() / 1e6,
                verdict.getRedrawMismatches()));
  }

  private void settlement(JobId job) {
    Batch batch =
        await(
            "settlement",
            () ->
                bundle(job)
                    .map(b -> b.getReceipts(b.getReceiptsCount() - 1).getBatch())
                    .filter(b -> b.getBlockNumber() > 0));
    step(
        "settled",
        "transaction %s in block %d: %d gas for %d receipts"
            .formatted(
                Json.hex(batch.getTransactionHash()),
                batch.getBlockNumber(),
                batch.getGasUsed(),
                batch.getReceiptCount()));
  }

  /** Every check of {@code dgrid verify}, on the file it would save. */
  private boolean verify(JobId job, Network network, ChainFacts chain) {
    BundleChecks checks = new BundleChecks(chain, connection.file().contracts());
    Function<AuditBundle, List<Check>> look =
        bundle ->
            checks.checkFile(
                BundleFile.print(BundleFile.provable(VerifyCommand.withRegistry(bundle, network))));
    List<Check> found =
        await(
            "finality",
            () ->
                bundle(job)
                    .map(look)
                    .filter(c -> c.stream().noneMatch(x -> x.result() == Check.Result.PENDING)));
    found.forEach(output::check);
    boolean good = found.stream().allMatch(c -> c.result() == Check.Result.GOOD);
    step("verified", good ? found.size() + " checks hold, with nothing but the chain" : "no");
    return good;
  }

  private Balances balances(Network network, ChainFacts chain, Address client, Address node) {
    Address settlement = network.domain().settlement();
    Address treasury = chain.treasury(settlement).orElseThrow(DemoScriptCommand::noEscrow);
    return new Balances(
        chain.escrowBalance(settlement, client).orElseThrow(DemoScriptCommand::noEscrow),
        chain.earnings(settlement, node).orElseThrow(DemoScriptCommand::noEscrow),
        chain.earnings(settlement, treasury).orElseThrow(DemoScriptCommand::noEscrow));
  }

  private static UnreachableException noEscrow() {
    return new UnreachableException("the chain has no escrow for this network");
  }

  private boolean compare(Balances before, Balances after, TokenAmount bill) {
    BigInteger spent = before.client().units().subtract(after.client().units());
    BigInteger earned = after.node().units().subtract(before.node().units());
    BigInteger fee = after.treasury().units().subtract(before.treasury().units());
    line("client", before.client(), after.client());
    line("node", before.node(), after.node());
    line("fee", before.treasury(), after.treasury());
    boolean even = spent.equals(earned.add(fee)) && spent.equals(bill.units());
    step("balances", even ? "add up: the client paid what node and network got" : "do NOT add up");
    return even;
  }

  private void line(String who, TokenAmount before, TokenAmount after) {
    step(who, before.display() + " -> " + after.display());
  }

  private Optional<AuditBundle> bundle(JobId job) {
    try {
      return Optional.of(connection.edge().auditBundle(job)).filter(b -> b.getReceiptsCount() > 0);
    } catch (DGridException absent) {
      if (absent.code() == ErrorCode.NOT_FOUND || absent.retryable()) {
        return Optional.empty();
      }
      throw absent;
    }
  }

  /** Looks again until something is there; fails when it does not come. */
  private static <T> T await(String what, java.util.function.Supplier<Optional<T>> look) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < until) {
      Optional<T> found = look.get();
      if (found.isPresent()) {
        return found.get();
      }
      try {
        Thread.sleep(POLL.toMillis());
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new UnreachableException("interrupted while waiting for the " + what);
      }
    }
    throw new DGridException(
        ErrorCode.NOT_YET_SETTLED, "no %s within %d s".formatted(what, PATIENCE.toSeconds()));
  }

  private void step(String what, String detail) {
    output.line("%-9s %s".formatted(what, detail));
  }

  /** The answer and who won it. */
  private final class Story implements AnswerListener {
    private boolean started;

    @Override
    public void onAccepted(JobId job, Accepted accepted) {
      step("job", job + " accepted: " + accepted.getInputTokens() + " input tokens");
    }

    @Override
    public void onAssigned(Assigned assigned) {
      step("winner", describe(OfferCodec.fromWire(assigned.getOffer()).statement(), null));
      for (LosingOffer loser : assigned.getLosersList()) {
        step("loser", describe(OfferCodec.fromWire(loser.getOffer()), loser.getReason()));
      }
    }

    private String describe(Offer offer, @Nullable String reason) {
      return "%s at %s / %s per million input / output tokens%s"
          .formatted(
              offer.node(),
              new TokenAmount(offer.inputPrice().unitsPerMillion()).display(),
              new TokenAmount(offer.outputPrice().unitsPerMillion()).display(),
              reason == null ? "" : ": " + reason);
    }

    @Override
    public void onText(String text) {
      if (!started) {
        started = true;
        output.piece("answer    ");
      }
      output.piece(text);
    }
  }
}
