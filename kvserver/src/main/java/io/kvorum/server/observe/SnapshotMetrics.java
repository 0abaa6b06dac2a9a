package io.kvorum.server.observe;

import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.snapshot.SnapshotMeter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts and times the snapshots that come and go. Safe for any thread.
final class SnapshotMetrics implements SnapshotMeter {
  private final Meters meters;
  private final Map<String, AtomicInteger> inFlight = new ConcurrentHashMap<>();
  private final Timer saved;

  SnapshotMetrics(Meters meters) {
    this.meters = meters;
    this.saved =
        meters.histogram(
            "etcd_snap_db_save_total_duration_seconds",
            "Seconds until the files of a received snapshot are durable.",
            Meters.doubling(Duration.ofMillis(100), 10));
  }

  /// One of both directions: how its meters are called, and the label that names the peer.
  private enum Direction {
    SEND("To"),
    RECEIVE("From");

    private final String peer;

    Direction(String peer) {
      this.peer = peer;
    }

    private String meter(String what) {
      return switch (this) {
        case SEND -> "etcd_network_snapshot_send_" + what;
        case RECEIVE -> "etcd_network_snapshot_receive_" + what;
      };
    }
  }

  @Override
  public void sending(MemberId peer) {
    inFlight(Direction.SEND, peer).incrementAndGet();
  }

  @Override
  public void sent(MemberId peer, Delivery delivery, long nanos) {
    ended(Direction.SEND, peer, delivery, nanos);
  }

  @Override
  public void receiving(MemberId peer) {
    inFlight(Direction.RECEIVE, peer).incrementAndGet();
  }

  @Override
  public void received(MemberId peer, Delivery delivery, long nanos) {
    ended(Direction.RECEIVE, peer, delivery, nanos);
    if (delivery == Delivery.DELIVERED) {
      saved.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void ended(Direction direction, MemberId peer, Delivery delivery, long nanos) {
    inFlight(direction, peer).decrementAndGet();
    String label = direction.peer;
    switch (delivery) {
      case DELIVERED -> {
        meters
            .counter(direction.meter("success"), "Snapshots that arrived.", label, peer.toString())
            .increment();
        Timer total =
            meters.histogram(
                direction.meter("total_duration_seconds"),
                "Seconds a snapshot takes.",
                Meters.doubling(Duration.ofMillis(100), 10),
                label,
                peer.toString());
        total.record(nanos, TimeUnit.NANOSECONDS);
      }
      case FAILED ->
          meters
              .counter(
                  direction.meter("failures"),
                  "Snapshots that did not arrive.",
                  label,
                  peer.toString())
              .increment();
    }
  }

  private AtomicInteger inFlight(Direction direction, MemberId peer) {
    String name = direction.meter("inflights_total");
    return inFlight.computeIfAbsent(
        name + peer,
        _ -> {
          AtomicInteger now = new AtomicInteger();
          meters.gauge(name, "Snapshots on their way.", now::get, direction.peer, peer.toString());
          return now;
        });
  }
}
