package io.dgrid.local;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Stands in for every service: says it is ready on its HTTP port. Lets this module test itself
 * without them.
 */
public final class FakeService {
  private FakeService() {}

  public static void main(String[] args) throws IOException {
    int port = Integer.getInteger("quarkus.http.port");
    var server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 0);
    server.createContext(
        "/q/health/ready",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    System.out.println("fake service on " + port);
  }

  /** A checkout in which every service is built, and is this. */
  static Path checkout(Path folder) throws IOException {
    for (String module :
        new String[] {"rpc-edge", "scheduler", "worker-agent", "quality-oracle", "settlement"}) {
      Path jar = folder.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
      Files.createDirectories(jar.getParent());
      var manifest = new Manifest();
      manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
      manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FakeService.class.getName());
      try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
        String entry = FakeService.class.getName().replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(entry));
        try (var in = FakeService.class.getResourceAsStream("/" + entry)) {
          in.transferTo(out);
        }
        out.closeEntry();
      }
    }
    Files.createDirectories(folder.resolve("deploy"));
    Files.createSymbolicLink(
        folder.resolve("deploy/local"), Checkout.root().resolve("deploy/local"));
    return folder;
  }
}
