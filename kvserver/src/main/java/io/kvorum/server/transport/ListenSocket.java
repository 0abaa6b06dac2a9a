package io.kvorum.server.transport;

import io.kvorum.server.config.ListenUrl;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a listen URL means to Netty.
record ListenSocket(SocketAddress address, Class<? extends ServerChannel> channelType) {

  /// A leftover socket file is removed: a file nobody listens on would make the bind fail.
  static ListenSocket of(ListenUrl url, NettyEventLoops loops) throws PortFailure {
    if (url.scheme().isEncrypted()) {
      throw new PortFailure("listen " + url + ": TLS is not supported yet");
    }
    return url.scheme().isSocketFile() ? file(url, loops) : network(url, loops);
  }

  private static ListenSocket file(ListenUrl url, NettyEventLoops loops) throws PortFailure {
    if (!loops.areNative()) {
      throw new PortFailure("listen " + url + ": unix sockets need Linux");
    }
    try {
      Files.deleteIfExists(Path.of(url.host()));
    } catch (IOException e) {
      throw new PortFailure("listen " + url + ": cannot remove the old socket file", e);
    }
    return new ListenSocket(
        new DomainSocketAddress(url.host()), EpollServerDomainSocketChannel.class);
  }

  private static ListenSocket network(ListenUrl url, NettyEventLoops loops) throws PortFailure {
    try {
      InetAddress host = InetAddress.getByName(url.host());
      return new ListenSocket(new InetSocketAddress(host, url.port()), loops.channelType());
    } catch (UnknownHostException e) {
      throw new PortFailure("listen " + url + ": unknown host", e);
    }
  }
}
