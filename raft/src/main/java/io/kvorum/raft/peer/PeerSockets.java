package io.kvorum.raft.peer;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.function.Consumer;

/// Kind and options of the sockets, for epoll and NIO loops.
///
/// Only epoll can tell the kernel how long data may stay unacknowledged. Without that a connection
/// across a healed partition comes back when TCP tries again, up to two minutes later.
final class PeerSockets {
  private PeerSockets() {}

  static Bootstrap dialler(EventLoop loop, PeerLimits limits, Consumer<Channel> handlers) {
    boolean epoll = isEpoll(loop);
    Bootstrap dialler =
        new Bootstrap()
            .group(loop)
            .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                Math.toIntExact(limits.handshake().toMillis()))
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(limits.inFlightBytes() / 2, limits.inFlightBytes()))
            .handler(initializer(handlers));
    if (epoll) {
      dialler.option(
          EpollChannelOption.TCP_USER_TIMEOUT, Math.toIntExact(limits.unanswered().toMillis()));
    }
    return dialler;
  }

  static ServerBootstrap acceptor(EventLoop loop, Consumer<Channel> handlers) {
    return new ServerBootstrap()
        .group(loop)
        .channel(isEpoll(loop) ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.SO_KEEPALIVE, true)
        .childHandler(initializer(handlers));
  }

  private static boolean isEpoll(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
  }

  private static ChannelInitializer<Channel> initializer(Consumer<Channel> handlers) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        // TLS goes here: the handler of an SslContext, first in the pipeline of either side.
        handlers.accept(channel);
      }
    };
  }
}
