package io.kvorum.server.observe;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.PeerListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// Counts what goes to and comes from each of the other members. As in etcd the series of a member
/// stay when it is removed; `etcd_network_known_peers` tells. Safe for any thread.
public final class PeerMetrics implements PeerListener {
  private static final Duration SHORTEST_ROUND_TRIP = Duration.ofNanos(100_000);
  private static final int ROUND_TRIP_BUCKETS = 16;

  private final Meters meters;
  private final MemberId self;
  private final Map<MemberId, Peer> peers = new ConcurrentHashMap<>();
  private final Map<MemberId, AtomicBoolean> known = new ConcurrentHashMap<>();

  /// @param self the member that counts
  PeerMetrics(Meters meters, MemberId self) {
    this.meters = meters;
    this.self = self;
  }

  /// All series about one peer; they begin together.
  private static final class Peer {
    final Counter sentBytes;
    final Counter receivedBytes;
    final Counter sentFailures;
    final Counter receivedFailures;
    final Counter disconnections;
    final Timer roundTrips;

    // Written by the event loop of the peers.
    private final Set<Direction> connected = EnumSet.noneOf(Direction.class);
    volatile boolean isActive;

    Peer(Meters meters, String self, String peer) {
      sentBytes =
          meters.counter("etcd_network_peer_sent_bytes_total", "Bytes sent to a peer.", "To", peer);
      receivedBytes =
          meters.counter(
              "etcd_network_peer_received_bytes_total", "Bytes received of a peer.", "From", peer);
      sentFailures =
          meters.counter(
              "etcd_network_peer_sent_failures_total",
              "Messages to a peer that were dropped.",
              "To",
              peer);
      receivedFailures =
          meters.counter(
              "etcd_network_peer_received_failures_total",
              "Messages of a peer that were dropped.",
              "From",
              peer);
      disconnections =
          meters.counter(
              "etcd_network_disconnected_peers_total",
              "How often a connected peer was lost.",
              "Local",
              self,
              "Remote",
              peer);
      roundTrips =
          meters.histogram(
              "etcd_network_peer_round_trip_time_seconds",
              "Seconds to a peer and back.",
              Meters.doubling(SHORTEST_ROUND_TRIP, ROUND_TRIP_BUCKETS),
              "To",
              peer);
      meters.gauge(
          "etcd_network_active_peers",
          "1 while a peer is connected in both directions.",
          () -> isActive ? 1 : 0,
          "Local",
          self,
          "Remote",
          peer);
    }

    void connected(Direction direction) {
      connected.add(direction);
      isActive = connected.size() == Direction.values().length;
    }

    void disconnected(Direction direction) {
      connected.remove(direction);
      if (isActive) {
        isActive = false;
        disconnections.increment();
      }
    }
  }

  private Peer of(MemberId peer) {
    return peers.computeIfAbsent(peer, _ -> new Peer(meters, self.toString(), peer.toString()));
  }

  /// Who is a member from now on, this one included.
  public void follow(Set<MemberId> members) {
    members.forEach(member -> known(member).set(true));
    known.forEach((member, isKnown) -> isKnown.set(members.contains(member)));
  }

  private AtomicBoolean known(MemberId member) {
    return known.computeIfAbsent(
        member,
        _ -> {
          AtomicBoolean isKnown = new AtomicBoolean();
          meters.gauge(
              "etcd_network_known_peers",
              "1 for a member, 0 for one that was removed.",
              () -> isKnown.get() ? 1 : 0,
              "Local",
              self.toString(),
              "Remote",
              member.toString());
          return isKnown;
        });
  }

  @Override
  public void connected(MemberId peer, Direction direction) {
    of(peer).connected(direction);
  }

  @Override
  public void disconnected(MemberId peer, Direction direction) {
    of(peer).disconnected(direction);
  }

  @Override
  public void sent(MemberId peer, long bytes) {
    of(peer).sentBytes.increment((double) bytes);
  }

  @Override
  public void received(MemberId peer, long bytes) {
    of(peer).receivedBytes.increment((double) bytes);
  }

  @Override
  public void roundTrip(MemberId peer, long nanos) {
    of(peer).roundTrips.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void droppedOutgoing(MemberId peer) {
    of(peer).sentFailures.increment();
  }

  @Override
  public void droppedIncoming(MemberId peer) {
    of(peer).receivedFailures.increment();
  }
}
