package io.dgrid.local;

import com.sun.net.httpserver.HttpServer;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.ApiKeyCreation;
import io.dgrid.core.receipt.Signed;
import io.dgrid.local.process.JavaCommand;
import io.dgrid.proto.market.v1.AccountServiceGrpc;
import io.dgrid.proto.market.v1.CreateApiKeyRequest;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.proto.market.v1.GetBalanceRequest;
import io.dgrid.proto.market.v1.GetBalanceResponse;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
    int grpcPort = Integer.getInteger("quarkus.grpc.server.port", 0);
    if (grpcPort > 0) {
      NettyServerBuilder.forPort(grpcPort).addService(new Accounts()).build().start();
    }
    server.start();
    System.out.println("fake service on " + port);
  }

  /** Issues a key to whoever signs for it, like an edge. */
  private static final class Accounts extends AccountServiceGrpc.AccountServiceImplBase {
    private final AtomicInteger asked = new AtomicInteger();

    @Override
    public void createApiKey(
        CreateApiKeyRequest request, StreamObserver<CreateApiKeyResponse> observer) {
      var domain =
          new Domain(
              Long.getLong("dgrid.chain.id"),
              Address.fromHex(System.getProperty("dgrid.chain.settlement-address")));
      var wish =
          new ApiKeyCreation(
              Address.of(request.getClient().toByteArray()),
              request.getLabel(),
              TokenAmount.parse(request.getSpendCap()),
              request.getExpiry(),
              request.getNonce(),
              request.getValidBefore());
      var signed = new Signed<>(wish, Signature.of(request.getSignature().toByteArray()));
      if (!signed.isBy(wish.client(), domain)) {
        observer.onError(Status.PERMISSION_DENIED.asRuntimeException());
        return;
      }
      observer.onNext(CreateApiKeyResponse.newBuilder().setSecret("dg-" + wish.nonce()).build());
      observer.onCompleted();
    }

    /** Knows of the deposit a moment later than it is asked. */
    @Override
    public void getBalance(GetBalanceRequest request, StreamObserver<GetBalanceResponse> observer) {
      String deposited = asked.incrementAndGet() < 3 ? "0" : "1000";
      observer.onNext(GetBalanceResponse.newBuilder().setDeposited(deposited).build());
      observer.onCompleted();
    }
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
      String classPath =
          Stream.of(JavaCommand.classPath().split(File.pathSeparator))
              .map(entry -> Path.of(entry).toUri().toString())
              .collect(Collectors.joining(" "));
      manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
      new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }
    Files.createDirectories(folder.resolve("deploy"));
    Files.createSymbolicLink(
        folder.resolve("deploy/local"), Checkout.root().resolve("deploy/local"));
    return folder;
  }
}
