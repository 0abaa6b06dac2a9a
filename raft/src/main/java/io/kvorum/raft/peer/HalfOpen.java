package io.kvorum.raft.peer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One incoming connection until it is a peer's: it takes one of the few places for strangers, and
/// has limited time to leave it. First in the pipeline; owned by the connection's event loop.
final class HalfOpen extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(HalfOpen.class);

  private final Places places;
  private final PeerLimits limits;
  private final PeerListener listener;
  private final Channel channel;
  private @Nullable ScheduledFuture<?> deadline;
  private boolean holdsPlace;
  private boolean isRefused;

  HalfOpen(Places places, PeerLimits limits, PeerListener listener, Channel channel) {
    this.places = places;
    this.limits = limits;
    this.listener = listener;
    this.channel = channel;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (!places.take()) {
      refuse("too many connections without a handshake");
      return;
    }
    holdsPlace = true;
    deadline =
        context
            .executor()
            .schedule(
                () -> refuse("no handshake in time"),
                limits.handshake().toMillis(),
                TimeUnit.MILLISECONDS);
    context.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    context.fireChannelInactive();
  }

  /// The connection has become a peer's.
  void leave() {
    if (holdsPlace) {
      holdsPlace = false;
      places.giveBack();
    }
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  /// Closes the connection, with one log line, after what was written to it.
  void refuse(String reason) {
    if (isRefused) {
      return;
    }
    isRefused = true;
    LOG.atWarn()
        .addKeyValue("address", channel.remoteAddress())
        .addKeyValue("reason", reason)
        .log("refused peer connection");
    listener.refusedConnection(reason);
    var _ = channel.close();
  }

  boolean isRefused() {
    return isRefused;
  }

  /// The places for strangers. Owned by the event loop.
  static final class Places {
    private int free;

    Places(int count) {
      this.free = count;
    }

    private boolean take() {
      if (free == 0) {
        return false;
      }
      free--;
      return true;
    }

    private void giveBack() {
      free++;
    }
  }
}
