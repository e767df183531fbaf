package io.dgrid.cli;

import io.dgrid.cli.chain.ChainUnreachableException;
import io.dgrid.core.error.DGridException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code dgrid} command. */
@Command(
    name = "dgrid",
    description = "Ask models on an open network, and check the answers.",
    mixinStandardHelpOptions = true,
    version = "dgrid 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Also, started by ./dgrid itself: demo, up (a whole network on this machine), test.",
      "Exit codes: 0 ok, 1 failed check or job, 2 usage, 3 cannot reach."
    })
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    // Libraries would print their own news between ours.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.OFF);
    System.exit(run(Output.ofProcess(), arguments));
  }

  /** Runs one command and gives its exit code. */
  public static int run(Output output, String... arguments) {
    CommandLine dgrid = new CommandLine(new Main());
    dgrid.addSubcommand(new AskCommand(output));
    dgrid.addSubcommand(new VerifyCommand(output));
    dgrid.addSubcommand(new ModelsCommand(output));
    dgrid.addSubcommand(new OffersCommand(output));
    dgrid.addSubcommand(new NodesCommand(output));
    dgrid.addSubcommand(new JobCommand(output));
    dgrid.addSubcommand(new BatchesCommand(output));
    dgrid.addSubcommand(new BalanceCommand(output));
    dgrid.addSubcommand(new ApiKeyCommand(output));
    dgrid.addSubcommand(new NodeCommand(output));
    dgrid.addSubcommand(new WorkerCommand(output));
    dgrid.addSubcommand(new DemoScriptCommand(output));
    dgrid.setExecutionExceptionHandler((failure, command, result) -> explain(output, failure));
    dgrid.setParameterExceptionHandler((failure, given) -> refuse(output, failure));
    return dgrid.execute(arguments);
  }

  private static int refuse(Output output, ParameterException failure) {
    output.error(failure.getMessage());
    UnmatchedArgumentException.printSuggestions(failure, failure.getCommandLine().getErr());
    output.note("see " + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  private static int explain(Output output, Exception failure) {
    return switch (failure) {
      case DGridException coded -> {
        output.error(coded.code() + ": " + coded.getMessage());
        yield ExitCode.of(coded);
      }
      case ChainUnreachableException missing -> {
        output.error(missing.getMessage());
        yield ExitCode.UNREACHABLE;
      }
      case UnreachableException missing -> {
        output.error(missing.getMessage());
        yield ExitCode.UNREACHABLE;
      }
      default -> {
        output.error("this is a bug: " + failure);
        failure.printStackTrace();
        yield ExitCode.FAILED;
      }
    };
  }
}
