package io.kvorum.server.transport;

import com.sun.management.UnixOperatingSystemMXBean;
import io.kvorum.server.config.MemberConfig;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// Bounds of the client port.
///
/// @param maxConnections open connections; at this number the oldest one that has not said anything
///   is closed for a new one, and the new one is refused when there is none
/// @param maxStreamsPerConnection HTTP/2 streams a client may have open on one connection
/// @param maxMessageBytes largest gRPC message that is read
/// @param greeting time a connection has for its first complete request head or SETTINGS frame
/// @param grace time open calls have to end when the port closes
public record PortLimits(
    int maxConnections,
    int maxStreamsPerConnection,
    int maxMessageBytes,
    MemberConfig.KeepAlive keepAlive,
    MemberConfig.SocketReuse reuse,
    Duration greeting,
    Duration grace) {

  /// Connections that have not said anything yet: each costs some 20 KiB, and a client speaks as
  /// soon as it is connected. Beyond this number the oldest is closed.
  static final int MAX_SILENT_CONNECTIONS = 1_024;

  /// Connections the kernel holds ready for us to accept.
  static final int ACCEPT_BACKLOG = 4_096;

  /// Room of gRPC and HTTP/2 headers of one request: a signed token takes a few KiB.
  static final int MAX_HEADER_BYTES = 64 << 10;

  /// Bytes one stream, and one connection, may send before the server must have taken them.
  static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;

  /// Stream resets a connection may cause in [#RESET_WINDOW_SECONDS]: far above a client that
  /// cancels each of its calls, far below a rapid-reset attack.
  static final int MAX_RESETS = 20_000;

  static final int RESET_WINDOW_SECONDS = 10;

  /// Bytes on top of the largest request that are still read. The services refuse what exceeds it
  /// by 512 KiB, as etcd does and in its words; beyond this bound grpc-java answers in its own.
  private static final int MESSAGE_OVERHEAD_BYTES = 4 << 20;

  /// Files the member needs for itself: log, database, peers.
  private static final long RESERVED_FILES = 150;

  private static final Duration GREETING = Duration.ofSeconds(10);

  /// The bounds that follow from the settings and the process's limit of open files.
  ///
  /// @throws PortFailure when that limit leaves no room for clients
  public static PortLimits of(MemberConfig config) throws PortFailure {
    return new PortLimits(
        config.listeners().maxConnections().orElse(connectionsWithin(openFileLimit())),
        (int) Math.min(config.requests().maxConcurrentStreams(), Integer.MAX_VALUE),
        Math.toIntExact(config.requests().maxRequestBytes() + MESSAGE_OVERHEAD_BYTES),
        config.listeners().keepAlive(),
        config.listeners().reuse(),
        GREETING,
        config.consensus().requestTimeout());
  }

  static int connectionsWithin(long openFileLimit) throws PortFailure {
    if (openFileLimit <= RESERVED_FILES) {
      throw new PortFailure(
          "file descriptor limit of %d is too low, and should be set higher than %d"
              .formatted(openFileLimit, RESERVED_FILES));
    }
    return (int) Math.min(openFileLimit - RESERVED_FILES, Integer.MAX_VALUE);
  }

  /// Most files this process may have open.
  public static long openFileLimit() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Integer.MAX_VALUE;
  }
}
