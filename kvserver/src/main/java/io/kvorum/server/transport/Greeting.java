package io.kvorum.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// The time a new connection has to say something that makes sense: a complete HTTP/1 request head,
/// or HTTP/2's preface with its SETTINGS frame. Owned by the connection's event loop.
final class Greeting {
  private final Channel channel;
  private final ConnectionGate gate;
  private final ScheduledFuture<?> deadline;

  Greeting(Channel channel, ConnectionGate gate, Duration limit) {
    this.channel = channel;
    this.gate = gate;
    this.deadline =
        channel.eventLoop().schedule(() -> cut(channel), limit.toNanos(), TimeUnit.NANOSECONDS);
    channel.closeFuture().addListener(_ -> deadline.cancel(false));
  }

  void complete() {
    if (deadline.cancel(false)) {
      gate.spoke(channel);
    }
  }

  /// Closes a connection at once. `Channel#close` would start at the far end of the pipeline, where
  /// grpc-java first says goodbye and waits for an answer.
  static void cut(Channel channel) {
    if (channel.eventLoop().inEventLoop()) {
      if (channel.isOpen()) {
        ChannelFuture _ = channel.pipeline().firstContext().close();
      }
    } else {
      channel.eventLoop().execute(() -> cut(channel));
    }
  }
}
