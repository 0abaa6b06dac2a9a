package io.kvorum.server.transport;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The sockets clients talk to. Each serves gRPC, HTTP/1.1 and plain HTTP/2 requests, with gRPC's
/// health and reflection services beside the given ones.
///
/// Handlers run on the event loops. Closing is graceful: nothing new is accepted, clients are told
/// to go elsewhere, requests in progress may be answered within the grace period. Then, and as soon
/// as all are, connections are cut, with the streams on them.
public final class ClientPort implements AutoCloseable {
  private static final long CUT_SECONDS = 2;
  private static final int CLOSING_POLL_MILLIS = 5;
  private static final int QUIET_MILLIS = 250;

  private final PortLimits limits;
  private final NettyEventLoops loops;
  private final ConnectionGate gate;
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final CallsInProgress inProgress = new CallsInProgress();
  private final HealthStatusManager health = new HealthStatusManager();
  private final List<Server> servers = new ArrayList<>();

  private ClientPort(PortLimits limits, NettyEventLoops loops) {
    this.limits = limits;
    this.loops = loops;
    this.gate = new ConnectionGate(limits.maxConnections(), PortLimits.MAX_SILENT_CONNECTIONS);
  }

  /// Listens on every point, or on none.
  ///
  /// @throws PortFailure when an address cannot be bound; those already bound are closed again
  public static ClientPort open(PortLimits limits, NettyEventLoops loops, List<ListenPoint> points)
      throws PortFailure {
    ClientPort port = new ClientPort(limits, loops);
    try {
      for (ListenPoint point : points) {
        port.listen(point);
      }
    } catch (PortFailure failure) {
      port.servers.forEach(Server::shutdownNow);
      throw failure;
    }
    return port;
  }

  private void listen(ListenPoint point) throws PortFailure {
    ListenSocket socket = ListenSocket.of(point.url(), loops);
    PortSide side = new PortSide(limits, gate, point.http(), connections);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(socket.address(), InternalNettyServerCredentials.create(side))
            .channelType(socket.channelType())
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .directExecutor()
            .withOption(ChannelOption.SO_BACKLOG, PortLimits.ACCEPT_BACKLOG);
    bound(builder);
    keepAlive(builder);
    if (!point.url().scheme().isSocketFile()) {
      networkOptions(builder);
    }
    serve(builder, point.calls());
    try {
      servers.add(builder.build().start());
    } catch (IOException e) {
      throw new PortFailure("listen " + point.url() + ": " + reason(e), e);
    }
  }

  private void bound(NettyServerBuilder builder) {
    builder
        .maxInboundMessageSize(limits.maxMessageBytes())
        .maxInboundMetadataSize(PortLimits.MAX_HEADER_BYTES)
        .maxConcurrentCallsPerConnection(limits.maxStreamsPerConnection())
        .flowControlWindow(PortLimits.FLOW_CONTROL_WINDOW_BYTES)
        .maxRstFramesPerWindow(PortLimits.MAX_RESETS, PortLimits.RESET_WINDOW_SECONDS);
  }

  private void keepAlive(NettyServerBuilder builder) {
    builder
        .permitKeepAliveTime(limits.keepAlive().minClientInterval().toNanos(), TimeUnit.NANOSECONDS)
        .permitKeepAliveWithoutCalls(false);
    if (limits.keepAlive().interval().isPositive() && limits.keepAlive().timeout().isPositive()) {
      builder
          .keepAliveTime(limits.keepAlive().interval().toNanos(), TimeUnit.NANOSECONDS)
          .keepAliveTimeout(limits.keepAlive().timeout().toNanos(), TimeUnit.NANOSECONDS);
    } else {
      builder.keepAliveTime(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }
  }

  /// SO_REUSEADDR is always on, as Go's listeners have it: a member must be able to restart while
  /// old connections linger.
  private void networkOptions(NettyServerBuilder builder) {
    builder
        .withOption(ChannelOption.SO_REUSEADDR, true)
        .withChildOption(ChannelOption.TCP_NODELAY, true);
    if (limits.reuse().port() && loops.areNative()) {
      builder.withOption(UnixChannelOption.SO_REUSEPORT, true);
    }
  }

  private void serve(NettyServerBuilder builder, ListenPoint.GrpcCalls calls) {
    calls.tracers().forEach(builder::addStreamTracerFactory);
    builder.addStreamTracerFactory(inProgress);
    if (calls.services().isEmpty()) {
      return;
    }
    List<ServerServiceDefinition> all = new ArrayList<>(calls.services());
    for (BindableService own :
        List.of(
            health.getHealthService(),
            ProtoReflectionServiceV1.newInstance(),
            reflectionOfOlderTools())) {
      all.add(own.bindService());
    }
    for (ServerServiceDefinition service : all) {
      builder.addService(ServerInterceptors.interceptForward(service, calls.interceptors()));
    }
  }

  @SuppressWarnings("deprecation") // v1alpha: what grpcurl asked for until 2023
  private static BindableService reflectionOfOlderTools() {
    return ProtoReflectionService.newInstance();
  }

  private static String reason(IOException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return String.valueOf(cause.getMessage());
  }

  /// Where clients can connect, in the order of the listen points; tells the port that was chosen
  /// for port 0.
  public List<SocketAddress> addresses() {
    List<SocketAddress> addresses = new ArrayList<>();
    servers.forEach(server -> addresses.addAll(server.getListenSockets()));
    return List.copyOf(addresses);
  }

  /// Connections open now, of any protocol.
  public int openConnections() {
    return gate.openConnections();
  }

  /// Tells clients that ask, or watch, the gRPC health service whether to come here. Calls and
  /// streams are served all the same.
  public void recommend(boolean isGoodChoice) {
    health.setStatus(
        HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
        isGoodChoice ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
  }

  /// Waits up to the grace period for the answers to requests, then cuts the connections. They are
  /// cut below HTTP/2: grpc-java would reset each stream as cancelled, and etcd's client gives up a
  /// watch for that, while it resumes one whose connection was lost.
  ///
  /// Must not be called on an event loop.
  @Override
  public void close() {
    health.enterTerminalState();
    servers.forEach(Server::shutdown);
    for (Channel channel : connections) {
      channel.eventLoop().execute(() -> finish(channel));
    }
    try {
      awaitAnswers();
      connections.forEach(Greeting::cut);
      connections.newCloseFuture().await(CUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      connections.forEach(Greeting::cut);
      Thread.currentThread().interrupt();
    }
    servers.forEach(Server::shutdownNow);
  }

  /// Returns once no request has been in progress for a while. A client hears of the end a round
  /// trip late, and what it has sent by then is to be answered too.
  private void awaitAnswers() throws InterruptedException {
    int quietMillis = 0;
    for (long waited = 0;
        waited < limits.grace().toMillis() && quietMillis < QUIET_MILLIS && !connections.isEmpty();
        waited += CLOSING_POLL_MILLIS) {
      TimeUnit.MILLISECONDS.sleep(CLOSING_POLL_MILLIS);
      quietMillis = isAnswering() ? 0 : quietMillis + CLOSING_POLL_MILLIS;
    }
  }

  /// HTTP/1 connections close when they have nothing to answer any more.
  private boolean isAnswering() {
    return inProgress.count() > 0
        || connections.stream().anyMatch(connection -> http1(connection) != null);
  }

  private static @Nullable ChannelHandlerContext http1(Channel channel) {
    return channel.pipeline().context(Http1Connection.class);
  }

  private static void finish(Channel channel) {
    ChannelHandlerContext context = http1(channel);
    if (context != null) {
      Http1Connection.closeWhenDone(context);
    }
  }
}
