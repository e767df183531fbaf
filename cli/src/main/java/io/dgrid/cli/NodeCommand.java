package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.cli.chain.StakingClient;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.TokenAmount;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A node's money on the chain: shown, staked, taken. */
@Command(
    name = "node",
    description = "Show a node's stake and earnings, add to its stake, take what it earned.",
    mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {
  private final Output output;

  @Spec
  @SuppressWarnings("NullAway.Init")
  CommandSpec spec;

  @Mixin final Connection connection = new Connection();

  @Option(
      names = "--node",
      paramLabel = "ADDRESS",
      description = "The node; default: the one of the key.")
  @Nullable String node;

  @Option(
      names = "--stake",
      paramLabel = "DGRID",
      description = "Adds this many tokens of the key's account to the node's stake.")
  @Nullable BigDecimal stake;

  @Option(
      names = "--claim",
      description = "Sends what the key's node earned to the account of --to.")
  boolean claim;

  @Option(
      names = "--to",
      paramLabel = "ADDRESS",
      description = "Who gets what is claimed; default: the account of the key.")
  @Nullable String to;

  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description = "Chain endpoint; default: the one in network.json.")
  @Nullable URI rpc;

  NodeCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      StakingClient chain = NodeAccounts.connect(connection, rpc);
      if (stake != null) {
        SigningKey payer = key();
        Hash sent = chain.stake(payer, address(payer), units(stake));
        output.note("staked with transaction " + sent + "; schedulers know it once it is final");
      }
      if (claim) {
        SigningKey owner = key();
        Address receiver = to == null ? owner.address() : parse("--to", to);
        output.note("claimed with transaction " + chain.claim(owner, receiver));
      }
      show(chain, node == null ? key().address() : parse("--node", node));
      return ExitCode.OK;
    }
  }

  /** A node's own key is not in network.json: it is where {@code dgrid worker} looks for it. */
  private SigningKey key() {
    return NodeAccounts.key(connection);
  }

  private Address address(SigningKey payer) {
    return node == null ? payer.address() : parse("--node", node);
  }

  private void show(StakingClient chain, Address address) {
    StakingClient.Standing standing = chain.standing(address);
    TokenAmount earned = chain.earnings(address);
    TokenAmount held = chain.balance(address);
    if (connection.json) {
      ObjectNode out =
          Json.object()
              .put("node", address.toString())
              .put("stake", standing.stake().toString())
              .put("minimumStake", standing.minimum().toString())
              .put("jailedUntil", standing.jailedUntil())
              .put("earnings", earned.toString())
              .put("balance", held.toString());
      output.json(out);
      return;
    }
    output.line("node         " + address);
    output.line(
        "stake        %s of %s needed"
            .formatted(standing.stake().display(), standing.minimum().display()));
    if (standing.jailedUntil() != 0) {
      output.line("jailed until " + Instant.ofEpochSecond(standing.jailedUntil()));
    }
    output.line("earned       " + earned.display());
    output.line("holds        " + held.display());
  }

  private TokenAmount units(BigDecimal tokens) {
    try {
      return new TokenAmount(tokens.movePointRight(TokenAmount.DECIMALS).toBigIntegerExact());
    } catch (ArithmeticException | IllegalArgumentException bad) {
      throw usage("--stake: a positive number of tokens with at most 18 decimals");
    }
  }

  private Address parse(String option, String text) {
    try {
      return Address.fromHex(text);
    } catch (IllegalArgumentException bad) {
      throw usage(option + ": " + bad.getMessage());
    }
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
