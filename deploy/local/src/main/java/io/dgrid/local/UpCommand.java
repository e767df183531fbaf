package io.dgrid.local;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Starts a network and keeps it until Ctrl-C or SIGTERM. A process that dies is reported; the rest
 * goes on.
 */
@Command(
    name = "up",
    description = "Starts a network on this machine and keeps it running until Ctrl-C.",
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  @Mixin private NetworkFlags flags = new NetworkFlags();

  @Override
  public Integer call() throws InterruptedException {
    var progress = new Progress(System.err);
    NetworkOptions options = flags.options();
    LocalNetwork network =
        LocalNetwork.start(
            Checkout.root(),
            options,
            progress,
            report -> System.err.println("dgrid: DIED: " + report.describe()));
    Runtime.getRuntime().addShutdownHook(new Thread(network::close, "network-stop"));
    System.out.println(new Welcome(network.describe(), options.data()).text());
    // The shutdown hook ends this process.
    new CountDownLatch(1).await();
    return 0;
  }
}
