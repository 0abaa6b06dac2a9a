package io.kvorum.testkit.history;

import io.kvorum.testkit.history.LeaseRecord.Renewal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Whether a lease lived as long as it was promised to, and not much longer (raft.md §6.2).
public final class LeaseCheck {
  private LeaseCheck() {}

  /// Everything that no correct cluster could have done; empty if nothing is wrong.
  ///
  /// @param graceNanos how much longer than its time to live a lease may last: the wait for a new
  ///   leader, a checkpoint's age, the tick of the deadlines
  public static List<String> violations(LeaseRecord lease, Committed committed, long graceNanos) {
    List<String> violations = new ArrayList<>();
    String name = "lease %x".formatted(lease.id);
    long promisedNanos = Long.MIN_VALUE;
    long latestEndNanos = Long.MIN_VALUE;
    for (Renewal renewal : lease.renewals) {
      promisedNanos = Math.max(promisedNanos, renewal.invokedNanos() + lease.ttlNanos);
      latestEndNanos =
          Math.max(latestEndNanos, renewal.returnedNanos() + lease.ttlNanos + graceNanos);
      if (lease.goneNanos.isPresent() && renewal.invokedNanos() > lease.goneNanos.getAsLong()) {
        violations.add(name + " was renewed after its end");
      }
    }
    if (!lease.isRevoked
        && lease.goneNanos.isPresent()
        && lease.goneNanos.getAsLong() < promisedNanos) {
      violations.add(
          "%s ended %d ns too early".formatted(name, promisedNanos - lease.goneNanos.getAsLong()));
    }
    if (lease.aliveNanos.isPresent() && lease.aliveNanos.getAsLong() > latestEndNanos) {
      violations.add(
          "%s lived %d ns too long".formatted(name, lease.aliveNanos.getAsLong() - latestEndNanos));
    }
    violations.addAll(partialEnds(lease, committed));
    return violations;
  }

  /// Like [#violations], without regard to time: all keys of a lease, as far as they were ever
  /// there, go in one revision.
  public static List<String> partialEnds(LeaseRecord lease, Committed committed) {
    Set<Long> revisions = new TreeSet<>();
    Set<String> written = new TreeSet<>();
    Set<String> deleted = new TreeSet<>();
    committed
        .revisions()
        .forEach(
            (revision, changes) -> {
              for (Change change : changes) {
                if (lease.keys.contains(change.key())) {
                  if (change.value().isPresent()) {
                    written.add(change.key());
                  } else {
                    revisions.add(revision);
                    deleted.add(change.key());
                  }
                }
              }
            });
    boolean isAllOrNothing = deleted.isEmpty() || deleted.equals(written);
    return revisions.size() <= 1 && isAllOrNothing
        ? List.of()
        : List.of(
            "lease %x, which had %s, lost %s in revisions %s"
                .formatted(lease.id, written, deleted, revisions));
  }
}
