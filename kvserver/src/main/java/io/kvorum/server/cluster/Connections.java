package io.kvorum.server.cluster;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.PeerListener.Direction;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;

/// Since when which peers are connected. A peer counts as connected while both directions are: one
/// alone carries no answers.
///
/// Written by the event loop of the peers, read by any thread.
public final class Connections {
  private final LongSupplier nanoClock;
  private final Map<MemberId, Map<Direction, Long>> since = new ConcurrentSkipListMap<>();

  public Connections(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  void connected(MemberId peer, Direction direction) {
    since.merge(
        peer,
        Map.of(direction, nanoClock.getAsLong()),
        (before, now) -> {
          Map<Direction, Long> both = new EnumMap<>(before);
          both.putAll(now);
          return Map.copyOf(both);
        });
  }

  void disconnected(MemberId peer, Direction direction) {
    since.computeIfPresent(
        peer,
        (_, before) -> {
          Map<Direction, Long> left = new EnumMap<>(before);
          left.remove(direction);
          return left.isEmpty() ? null : Map.copyOf(left);
        });
  }

  /// Peers connected in at least one direction.
  Set<MemberId> connected() {
    return Set.copyOf(since.keySet());
  }

  /// Whether the peer has been connected, without a break, for that long.
  public boolean isConnectedFor(MemberId peer, Duration duration) {
    return upTime(peer).filter(up -> up.compareTo(duration) >= 0).isPresent();
  }

  /// For how long the peer has been connected; empty if it is not.
  public Optional<Duration> upTime(MemberId peer) {
    Map<Direction, Long> directions = since.getOrDefault(peer, Map.of());
    if (directions.size() < Direction.values().length) {
      return Optional.empty();
    }
    long latest = directions.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    return Optional.of(Duration.ofNanos(nanoClock.getAsLong() - latest));
  }
}
