package io.kvorum.lease;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// All granted leases, as the log says. Replicated state: it knows nothing of deadlines.
///
/// Owned by the thread `apply`.
public final class Leases {
  private final NavigableMap<LeaseId, Lease> leases = new TreeMap<>();

  /// The lease of this id, if it is granted.
  public Optional<Lease> find(LeaseId id) {
    return Optional.ofNullable(leases.get(id));
  }

  /// Whether a lease of this id is granted.
  public boolean contains(LeaseId id) {
    return leases.containsKey(id);
  }

  /// Adds a lease whose id is free.
  public void grant(Lease lease) {
    Lease before = leases.putIfAbsent(lease.id(), lease);
    if (before != null) {
      throw new IllegalStateException("lease " + lease.id() + " is already granted");
    }
  }

  /// Forgets a lease. Returns it, or nothing if it was not granted.
  public Optional<Lease> revoke(LeaseId id) {
    return Optional.ofNullable(leases.remove(id));
  }

  /// Notes the time a lease has left. Returns the lease as it is now, or nothing if there is no
  /// such lease of that generation or the note says nothing new.
  public Optional<Lease> checkpoint(LeaseId id, LeaseGeneration generation, long remainingMillis) {
    return sameLife(id, generation).flatMap(lease -> replace(lease.withRemaining(remainingMillis)));
  }

  /// Forgets the time noted, so that the lease has its full time again. Returns as [#checkpoint].
  public Optional<Lease> clearCheckpoint(LeaseId id, LeaseGeneration generation) {
    return sameLife(id, generation).flatMap(lease -> replace(lease.withFullTime()));
  }

  /// Every lease, by id. A view: valid until the next change.
  public Collection<Lease> all() {
    return Collections.unmodifiableCollection(leases.values());
  }

  /// How many leases are granted.
  public int size() {
    return leases.size();
  }

  private Optional<Lease> sameLife(LeaseId id, LeaseGeneration generation) {
    return find(id).filter(lease -> lease.generation().equals(generation));
  }

  private Optional<Lease> replace(Lease lease) {
    Lease before = leases.put(lease.id(), lease);
    return lease.equals(before) ? Optional.empty() : Optional.of(lease);
  }
}
