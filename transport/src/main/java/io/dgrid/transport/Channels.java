package io.dgrid.transport;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/**
 * Client channels. Without transport security: put a mesh or a TLS proxy in front where the network
 * is not trusted.
 */
public final class Channels {
  /** Largest message either side accepts, bytes. */
  public static final int MAX_MESSAGE = 4 * 1024 * 1024;

  private Channels() {}

  /**
   * @param target {@code host:port}
   */
  public static ManagedChannel to(String target) {
    return NettyChannelBuilder.forTarget(target)
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE)
        .keepAliveTime(10, TimeUnit.SECONDS)
        .keepAliveTimeout(5, TimeUnit.SECONDS)
        .build();
  }
}
