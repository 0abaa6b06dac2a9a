package io.kvorum.lease;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/// When the leader's leases end, on the leader's clock.
///
/// Born when a leader has applied the first entry of its term, with every lease extended; dies with
/// the leadership. Renewals do not go through the log, so nobody else knows these deadlines; what
/// survives a change of leader is a note of the time left ([LeaseCheckpoint]), made for leases that
/// nobody renews.
///
/// **Checkpoints.** A lease is taken for unattended, and its time left noted every tenth of its
/// time to live, when it was granted by this leader and never renewed, when it was already noted,
/// or when half its time passed without a renewal. A wrong guess costs one logged clear. So a lease
/// never dies before its last answered renewal allows, and an unattended one lives at most one
/// interval longer than granted.
///
/// Times are nanoseconds since the member started. Cost: a renewal is one hash lookup; taking
/// expired leases is logarithmic in each; promotion sorts all leases.
///
/// Owned by the thread `apply`.
public final class LeaseDeadlines {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long NANOS_PER_MILLI = 1_000_000L;

  private static final Comparator<RunningLease> BY_DEADLINE =
      Comparator.<RunningLease>comparingLong(lease -> lease.deadlineNanos)
          .thenComparing(RunningLease::id);

  private final LeaseLimits limits;
  private final Map<LeaseId, RunningLease> running = new HashMap<>(); // never iterated
  private final DueTimes expiries = new DueTimes();
  private final DueTimes checkpoints = new DueTimes();

  private LeaseDeadlines(LeaseLimits limits) {
    this.limits = limits;
  }

  /// Starts the clock of every lease: each lives for the time noted, or else its full time, plus
  /// the promotion grace. Where more than the allowed number would expire within a second, the
  /// later ones are moved on.
  public static LeaseDeadlines promoted(Leases leases, LeaseLimits limits, long nowNanos) {
    LeaseDeadlines deadlines = new LeaseDeadlines(limits);
    long base = later(nowNanos, limits.promotionGrace().toNanos());
    List<RunningLease> order = new ArrayList<>(leases.size());
    for (Lease lease : leases.all()) {
      order.add(new RunningLease(lease, later(base, lease.remainingMillis() * NANOS_PER_MILLI)));
    }
    order.sort(BY_DEADLINE);
    for (int i = 0; i < order.size(); i++) {
      RunningLease lease = order.get(i);
      if (i >= limits.expiriesPerSecond()) {
        RunningLease aSecondBefore = order.get(i - limits.expiriesPerSecond());
        lease.deadlineNanos =
            Math.max(lease.deadlineNanos, later(aSecondBefore.deadlineNanos, NANOS_PER_SECOND));
      }
      deadlines.add(lease);
      boolean unattended = lease.lease.isCheckpointed();
      long quietNanos = unattended ? deadlines.interval(lease) : deadlines.doubtful(lease);
      deadlines.checkpoints.schedule(lease.checkpoint, later(nowNanos, quietNanos));
    }
    return deadlines;
  }

  /// Starts the clock of a lease just granted.
  public void granted(Lease lease, long nowNanos) {
    RunningLease started = new RunningLease(lease, later(nowNanos, fullNanos(lease)));
    add(started);
    checkpoints.schedule(started.checkpoint, later(nowNanos, interval(started)));
  }

  /// Stops the clock of a lease that is revoked.
  public void revoked(LeaseId id) {
    RunningLease lease = running.remove(id);
    if (lease != null) {
      expiries.cancel(lease.expiry);
      checkpoints.cancel(lease.checkpoint);
    }
  }

  /// Renews a lease for its full time, unless its time is up. The answer says what must happen
  /// before the client may be told.
  public Renewal renew(LeaseId id, long nowNanos) {
    RunningLease lease = running.get(id);
    if (lease == null) {
      return new Renewal.Unknown();
    }
    if (lease.isExpired(nowNanos)) {
      return new Renewal.Expired();
    }
    lease.deadlineNanos = later(nowNanos, fullNanos(lease.lease));
    expiries.schedule(lease.expiry, lease.deadlineNanos);
    checkpoints.schedule(lease.checkpoint, later(nowNanos, doubtful(lease)));
    return switch (lease.note) {
      case FULL -> new Renewal.Renewed(lease.lease);
      case NOTED -> {
        lease.note = RunningLease.Note.CLEARING;
        yield new Renewal.ClearFirst(lease.lease);
      }
      case CLEARING -> new Renewal.ClearUnderWay(lease.lease);
    };
  }

  /// Takes up to `max` leases whose time is up, the earliest first. One that is not revoked within
  /// the retry time is taken again.
  public List<Lease> takeExpired(long nowNanos, int max) {
    List<Lease> expired = new ArrayList<>();
    for (RunningLease lease : expiries.take(nowNanos, max)) {
      expiries.schedule(lease.expiry, later(nowNanos, limits.expiryRetry().toNanos()));
      expired.add(lease.lease);
    }
    return expired;
  }

  /// Takes up to `max` notes to be proposed now. From here on a renewal of these leases clears the
  /// note first, whether the proposal succeeds or not.
  public List<LeaseCheckpoint> takeCheckpoints(long nowNanos, int max) {
    List<LeaseCheckpoint> due = new ArrayList<>();
    for (RunningLease lease : checkpoints.take(nowNanos, max)) {
      checkpoints.schedule(lease.checkpoint, later(nowNanos, interval(lease)));
      long remainingMillis = lease.remainingNanos(nowNanos) / NANOS_PER_MILLI;
      boolean worthNoting = remainingMillis > 0 && remainingMillis < lease.lease.remainingMillis();
      if (worthNoting && lease.note != RunningLease.Note.CLEARING) {
        lease.note = RunningLease.Note.NOTED;
        due.add(new LeaseCheckpoint(lease.id(), lease.lease.generation(), remainingMillis));
      }
    }
    return due;
  }

  /// Takes over what the log now says about a lease. `changed` is what [Leases] returned.
  public void checkpointed(Lease changed) {
    RunningLease lease = running.get(changed.id());
    if (lease != null) {
      lease.lease = changed;
    }
  }

  /// A clear of this lease was applied: renewals are answered at once again. Only the clear that a
  /// renewal waits for counts; a late one may lie before a checkpoint in the log.
  public void cleared(LeaseId id) {
    endClearing(id, RunningLease.Note.FULL);
  }

  /// The clear that a renewal proposed failed, or its outcome is unknown: the next renewal proposes
  /// one again.
  public void clearFailed(LeaseId id) {
    endClearing(id, RunningLease.Note.NOTED);
  }

  /// Time left in whole seconds, truncated; 0 if its time is up.
  public OptionalLong remainingSeconds(LeaseId id, long nowNanos) {
    RunningLease lease = running.get(id);
    return lease == null
        ? OptionalLong.empty()
        : OptionalLong.of(lease.remainingNanos(nowNanos) / NANOS_PER_SECOND);
  }

  /// The time to live the lease was granted.
  public OptionalLong grantedSeconds(LeaseId id) {
    RunningLease lease = running.get(id);
    return lease == null ? OptionalLong.empty() : OptionalLong.of(lease.lease.ttlSeconds());
  }

  /// The given leases' ids, the one that ends first in front.
  public List<LeaseId> byRemaining(Leases leases) {
    List<RunningLease> order = new ArrayList<>(leases.size());
    for (Lease lease : leases.all()) {
      order.add(Objects.requireNonNull(running.get(lease.id()), "a granted lease has a deadline"));
    }
    order.sort(BY_DEADLINE);
    return order.stream().map(RunningLease::id).toList();
  }

  private void add(RunningLease lease) {
    running.put(lease.id(), lease);
    expiries.schedule(lease.expiry, lease.deadlineNanos);
  }

  private void endClearing(LeaseId id, RunningLease.Note next) {
    RunningLease lease = running.get(id);
    if (lease != null && lease.note == RunningLease.Note.CLEARING) {
      lease.note = next;
    }
  }

  private long interval(RunningLease lease) {
    return limits.checkpointIntervalNanos(lease.lease);
  }

  /// How long a lease of which nothing is known may go without a renewal before it is noted.
  private long doubtful(RunningLease lease) {
    return Math.max(fullNanos(lease.lease) / 2, interval(lease));
  }

  private static long fullNanos(Lease lease) {
    return lease.ttlSeconds() * NANOS_PER_SECOND;
  }

  /// Adds without running over: a sum beyond the range is never.
  private static long later(long nanos, long plusNanos) {
    long sum = nanos + plusNanos;
    return sum < 0 ? DueTimes.NEVER : sum;
  }
}
