package io.kvorum.server.transport;

import io.kvorum.invariant.Invariant;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// Netty's event loops for clients: native epoll where the library loads, NIO elsewhere.
///
/// The threads are named `client-<n>`. Accepting and serving share the loops: a separate accepting
/// thread gains nothing when there are fewer cores than threads that want them.
public final class NettyEventLoops implements EventLoops, AutoCloseable {
  private static final int MAX_LOOPS = 8;
  private static final int CORES_WITH_ONE_LOOP = 2;

  private final EventLoopGroup group;
  private final List<EventLoop> loops;
  private final Class<? extends ServerChannel> channelType;

  private NettyEventLoops(
      EventLoopGroup group, List<EventLoop> loops, Class<? extends ServerChannel> channelType) {
    this.group = group;
    this.loops = loops;
    this.channelType = channelType;
  }

  /// One loop on machines of up to two cores, because `raft`, `log` and `apply` need the other one;
  /// half the cores above that, at most eight.
  public static int loopsFor(int cores) {
    return cores <= CORES_WITH_ONE_LOOP ? 1 : Math.min(MAX_LOOPS, cores / 2);
  }

  public static NettyEventLoops start(int count) {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory("client"), factory);
    List<EventLoop> loops = new ArrayList<>(count);
    for (EventExecutor executor : group) {
      loops.add((EventLoop) executor);
    }
    return new NettyEventLoops(
        group,
        List.copyOf(loops),
        epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class);
  }

  @Override
  public Executor current() {
    for (EventLoop loop : loops) {
      if (loop.inEventLoop()) {
        return loop;
      }
    }
    Invariant.check(false, "thread %s is not an event loop", Thread.currentThread().getName());
    throw new AssertionError("unreachable");
  }

  /// True when the loops use epoll, which some socket options depend on.
  boolean areNative() {
    return channelType == EpollServerSocketChannel.class;
  }

  EventLoopGroup group() {
    return group;
  }

  Class<? extends ServerChannel> channelType() {
    return channelType;
  }

  /// Ends the loops once what they run now is done; waits for that up to two seconds. Connections
  /// must be closed before (`ClientPort#close`).
  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
