package io.kvorum.server.apply;

import io.kvorum.lease.Lease;
import io.kvorum.lease.LeaseCheckpoint;
import io.kvorum.lease.LeaseDeadlines;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.Renewal;
import io.kvorum.server.propose.LoopTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a leader does about leases in one term: their deadlines, and the keep-alives that wait for
/// the log. Dies with the leadership.
///
/// Owned by the thread `apply`. Keep-alives whose answer follows from an applied entry are
/// collected and given by [#giveAnswers], after the entry's batch is published.
final class LeaseTenure {
  private final long term;
  private final LeaseDeadlines deadlines;
  private final Map<LeaseId, List<KeepAliveWaiter>> untilRevoked = new TreeMap<>();
  private final Map<LeaseId, List<KeepAliveWaiter>> untilCleared = new TreeMap<>();
  private final List<LeaseCheckpoint> clears = new ArrayList<>();
  private final LoopTasks settled = new LoopTasks();

  LeaseTenure(long term, LeaseDeadlines deadlines) {
    this.term = term;
    this.deadlines = deadlines;
  }

  long term() {
    return term;
  }

  LeaseDeadlines deadlines() {
    return deadlines;
  }

  /// Renews the lease, and answers at once or when the log allows it.
  void keepAlive(LeaseId id, KeepAliveWaiter waiter, long nowNanos) {
    switch (deadlines.renew(id, nowNanos)) {
      case Renewal.Renewed(var lease) -> waiter.renewed(lease.ttlSeconds(), settled);
      case Renewal.ClearFirst(var lease) -> {
        clears.add(new LeaseCheckpoint(id, lease.generation(), 0));
        add(untilCleared, id, waiter);
      }
      case Renewal.ClearUnderWay _ -> add(untilCleared, id, waiter);
      case Renewal.Expired() -> add(untilRevoked, id, waiter);
      case Renewal.Unknown() -> waiter.gone(settled);
    }
  }

  /// Takes the clears that renewals since the last call need.
  List<LeaseCheckpoint> takeClears() {
    List<LeaseCheckpoint> taken = List.copyOf(clears);
    clears.clear();
    return taken;
  }

  /// A clear of this lease was applied: the renewals that waited for it hold.
  void cleared(Lease lease) {
    deadlines.cleared(lease.id());
    List<KeepAliveWaiter> waiters = untilCleared.remove(lease.id());
    if (waiters != null) {
      waiters.forEach(waiter -> waiter.renewed(lease.ttlSeconds(), settled));
    }
  }

  /// Clears were refused, or their outcome is unknown: the renewals may not be vouched for.
  void clearsFailed(List<LeaseCheckpoint> failed, LeaseFailure failure) {
    for (LeaseCheckpoint clear : failed) {
      deadlines.clearFailed(clear.lease());
      fail(untilCleared.remove(clear.lease()), failure);
    }
  }

  /// The lease is gone, whatever a keep-alive waits for.
  void revoked(LeaseId id) {
    deadlines.revoked(id);
    List<KeepAliveWaiter> waiters = new ArrayList<>();
    addAll(waiters, untilRevoked.remove(id));
    addAll(waiters, untilCleared.remove(id));
    waiters.forEach(waiter -> waiter.gone(settled));
  }

  /// Fails keep-alives that have waited longer than `timeoutNanos` for a revoke. Those that wait
  /// for a clear hear from its proposal.
  void failOverdue(long timeoutNanos, long nowNanos) {
    for (List<KeepAliveWaiter> waiters : untilRevoked.values()) {
      waiters.removeIf(
          waiter -> {
            boolean overdue = nowNanos - waiter.arrivedNanos() >= timeoutNanos;
            if (overdue) {
              waiter.fail(LeaseFailure.TIMED_OUT, settled);
            }
            return overdue;
          });
    }
    untilRevoked.values().removeIf(List::isEmpty);
  }

  /// The leadership is over.
  void end(LeaseFailure failure) {
    untilRevoked.values().forEach(waiters -> fail(waiters, failure));
    untilCleared.values().forEach(waiters -> fail(waiters, failure));
    untilRevoked.clear();
    untilCleared.clear();
  }

  /// Gives the answers that were settled since the last call.
  void giveAnswers() {
    settled.dispatch();
  }

  private void fail(@Nullable List<KeepAliveWaiter> waiters, LeaseFailure failure) {
    if (waiters != null) {
      waiters.forEach(waiter -> waiter.fail(failure, settled));
    }
  }

  private static void addAll(List<KeepAliveWaiter> to, @Nullable List<KeepAliveWaiter> waiters) {
    if (waiters != null) {
      to.addAll(waiters);
    }
  }

  private static void add(
      Map<LeaseId, List<KeepAliveWaiter>> waiting, LeaseId id, KeepAliveWaiter waiter) {
    waiting.computeIfAbsent(id, _ -> new ArrayList<>()).add(waiter);
  }
}
