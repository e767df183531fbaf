package io.dgrid.local;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Starts a network on this machine: {@code up} and {@code demo}. */
@Command(
    name = "dgrid",
    description = "The local network: everything DGrid needs, on this machine.",
    mixinStandardHelpOptions = true,
    subcommands = {UpCommand.class, DemoCommand.class})
public final class Main implements Runnable {
  /** Exit code: a step failed. */
  public static final int FAILED = 1;

  /** Exit code: this machine lacks something, or something cannot be reached. */
  public static final int CANNOT_REACH = 3;

  @CommandLine.Spec
  private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              if (failure instanceof LocalNetworkException known) {
                command.getErr().println("dgrid: " + known.getMessage());
                return exitCode(known);
              }
              throw failure;
            });
  }

  private static int exitCode(LocalNetworkException failure) {
    return switch (failure.code()) {
      case PORT_IN_USE, MISSING, DATA_DIRECTORY -> CANNOT_REACH;
      case PROCESS_DIED, NOT_READY, CHAIN_FAILED -> FAILED;
    };
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
  }
}
