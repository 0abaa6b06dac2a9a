package io.kvorum.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// The life of one lease as its owner and a watcher of its keys saw it. Times are of the clock that
/// all clients share.
public final class LeaseRecord {
  /// An acknowledged grant or keep-alive.
  record Renewal(long invokedNanos, long returnedNanos) {}

  final long id;
  final long ttlNanos;
  final List<String> keys;
  final List<Renewal> renewals = new ArrayList<>();
  OptionalLong goneNanos = OptionalLong.empty();
  OptionalLong aliveNanos = OptionalLong.empty();
  boolean isRevoked;

  /// @param keys attached to it, and never written again
  public LeaseRecord(long id, long ttlNanos, List<String> keys) {
    this.id = id;
    this.ttlNanos = ttlNanos;
    this.keys = List.copyOf(keys);
  }

  /// The grant, or a keep-alive, was acknowledged.
  public LeaseRecord renewed(long invokedNanos, long returnedNanos) {
    renewals.add(new Renewal(invokedNanos, returnedNanos));
    return this;
  }

  /// The owner asked for its end.
  public LeaseRecord revoked() {
    isRevoked = true;
    return this;
  }

  /// A sign of its end, of which the first counts: a keep-alive that found nothing, or the deletion
  /// of a key.
  public LeaseRecord goneAt(long nanos) {
    goneNanos = OptionalLong.of(Math.min(nanos, goneNanos.orElse(nanos)));
    return this;
  }

  public List<String> keys() {
    return keys;
  }

  /// The last sign of its life: a read that began then and showed a key.
  public LeaseRecord aliveAt(long nanos) {
    aliveNanos = OptionalLong.of(nanos);
    return this;
  }
}
