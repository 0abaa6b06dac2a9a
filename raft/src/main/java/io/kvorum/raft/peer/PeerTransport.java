package io.kvorum.raft.peer;

import io.kvorum.raft.snapshot.SnapshotNetwork;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Both halves of the transport on one event loop of their own, the thread `peer`: native epoll
/// where the library loads, NIO elsewhere.
public final class PeerTransport implements AutoCloseable {
  private static final long STOP_SECONDS = 5;

  private final PeerIdentity self;
  private final EventLoopGroup group;
  private final PeerLimits limits;
  private final PeerListener listener;
  private final PeerLinks links;
  private @Nullable PeerServer server; // once it listens

  private PeerTransport(
      PeerIdentity self,
      EventLoopGroup group,
      PeerLimits limits,
      PeerListener listener,
      PeerLinks links) {
    this.self = self;
    this.group = group;
    this.limits = limits;
    this.listener = listener;
    this.links = links;
  }

  /// Starts the thread; nobody is connected yet.
  ///
  /// @param random spreads reconnects; used by the event loop only
  public static PeerTransport start(
      PeerIdentity self, PeerLimits limits, PeerListener listener, RandomGenerator random) {
    IoHandlerFactory sockets =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("peer", true), sockets);
    return new PeerTransport(
        self, group, limits, listener, new PeerLinks(self, group, limits, listener, random));
  }

  /// The way to the peers.
  public PeerLinks links() {
    return links;
  }

  /// The way of snapshots to the peers.
  public SnapshotNetwork snapshots() {
    return new SnapshotDialler(self, group, limits, links::addressesOf, listener);
  }

  /// Opens the peer port on all of the addresses. Called once.
  ///
  /// @throws IOException if one of them cannot be had
  public PeerServer listen(List<InetSocketAddress> addresses, PeerServer.Member member)
      throws IOException {
    server = PeerServer.bind(addresses, member, group, limits, listener, links);
    return server;
  }

  /// Closes all connections and ends the thread.
  @Override
  public void close() {
    links.close();
    if (server != null) {
      server.close();
    }
    var _ = group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
