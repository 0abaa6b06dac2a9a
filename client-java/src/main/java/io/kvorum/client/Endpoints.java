package io.kvorum.client;

import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// One lazy connection per endpoint, of which all calls use the same one until it fails.
final class Endpoints implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);

  /// Finds connections that died silently; servers of the API refuse pings more often than 5 s.
  private static final Duration PING_INTERVAL = Duration.ofSeconds(10);

  private static final Duration PING_LIMIT = Duration.ofSeconds(5);

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final AtomicInteger current = new AtomicInteger();

  Endpoints(List<String> endpoints, int maxAnswerBytes, Executor executor) {
    List<String> addresses = endpoints.stream().map(Endpoints::address).toList();
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("no endpoint");
    }
    for (String address : addresses) {
      channels.add(
          NettyChannelBuilder.forTarget("dns:///" + address)
              .usePlaintext()
              .disableRetry()
              .executor(executor)
              .maxInboundMessageSize(maxAnswerBytes)
              .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_LIMIT.toMillis())
              .keepAliveTime(PING_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)
              .keepAliveTimeout(PING_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
              .build());
    }
  }

  /// `host:port` of an endpoint given as that or as a URL.
  private static String address(String endpoint) {
    if (endpoint.startsWith("https://")) {
      throw new IllegalArgumentException("TLS is not supported yet: " + endpoint);
    }
    String address = endpoint.startsWith("http://") ? endpoint.substring(7) : endpoint;
    String plain = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
    if (!plain.matches("(\\[[0-9a-fA-F:.]+]|[^:/\\[\\]]+):\\d{1,5}")) {
      throw new IllegalArgumentException("not host:port: " + endpoint);
    }
    return plain;
  }

  int count() {
    return channels.size();
  }

  /// The endpoint in use. When to connect again is up to [RetryPolicy], not to the channel.
  Channel current() {
    ManagedChannel channel = channels.get(current.get());
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
    }
    return channel;
  }

  /// Turns to the next endpoint, unless another call has turned away from `failed` already.
  void leave(Channel failed) {
    int index = channels.indexOf(failed);
    current.compareAndSet(index, (index + 1) % channels.size());
  }

  boolean isClosed() {
    return channels.get(0).isShutdown();
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
