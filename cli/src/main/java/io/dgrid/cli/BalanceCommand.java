package io.dgrid.cli;

import io.dgrid.cli.client.Account;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.dgrid.transport.codec.Wire;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The client's credit. */
@Command(
    name = "balance",
    description = "Show the client's credit at the edge.",
    mixinStandardHelpOptions = true)
final class BalanceCommand implements Callable<Integer> {
  private final Output output;

  @Mixin final Connection connection = new Connection();

  BalanceCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    try (connection) {
      SigningKey key = connection.key();
      GetBalanceResponse balance =
          new Account(connection.edge(), connection.network(), key, InstantSource.system())
              .balance();
      if (connection.json) {
        output.json(
            Json.object()
                .put("client", key.address().toString())
                .put("available", balance.getAvailable())
                .put("held", balance.getHeld())
                .put("charged", balance.getCharged())
                .put("deposited", balance.getDeposited())
                .put("unconfirmed", balance.getUnconfirmed()));
      } else {
        output.line("client       " + key.address());
        line("available", balance.getAvailable());
        line("held", balance.getHeld());
        line("charged", balance.getCharged());
        line("unconfirmed", balance.getUnconfirmed());
        line("deposited", balance.getDeposited());
      }
      return ExitCode.OK;
    }
  }

  private void line(String name, String amount) {
    String units = amount.isEmpty() ? "0" : amount;
    output.line("%-12s %s".formatted(name, Wire.amount(units, name).display()));
  }
}
