package io.kvorum.server.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;

/// Bounds the number of connections, and keeps those that say nothing from taking the place of
/// those that do.
///
/// Every loop admits its own connections; the counters are shared.
final class ConnectionGate {
  private final int maxConnections;
  private final int maxSilent;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final SequencedSet<Channel> silent = new LinkedHashSet<>();

  @GuardedBy("lock")
  private int open;

  ConnectionGate(int maxConnections, int maxSilent) {
    this.maxConnections = maxConnections;
    this.maxSilent = maxSilent;
  }

  /// Counts a new connection, which has said nothing yet. Returns the connection that has to be
  /// closed for it: none while there is room, otherwise the oldest silent one, which is the new one
  /// itself when all others have spoken.
  ///
  /// The count falls when a connection is really closed, so it may exceed the limit by the closings
  /// that are on their way to another loop.
  Optional<Channel> admit(Channel channel) {
    Optional<Channel> surplus = Optional.empty();
    synchronized (lock) {
      silent.addLast(channel);
      open++;
      if (open > maxConnections || silent.size() > maxSilent) {
        surplus = Optional.of(silent.removeFirst());
      }
    }
    channel.closeFuture().addListener(_ -> left(channel));
    return surplus;
  }

  /// The connection has sent something that makes sense.
  void spoke(Channel channel) {
    synchronized (lock) {
      silent.remove(channel);
    }
  }

  private void left(Channel channel) {
    synchronized (lock) {
      silent.remove(channel);
      open--;
    }
  }

  int openConnections() {
    synchronized (lock) {
      return open;
    }
  }
}
