package io.kvorum.server.apply;

import io.kvorum.lease.Lease;
import io.kvorum.lease.LeaseCheckpoint;
import io.kvorum.lease.LeaseDeadlines;
import io.kvorum.lease.LeaseGeneration;
import io.kvorum.lease.LeaseId;
import io.kvorum.lease.LeaseLimits;
import io.kvorum.lease.Leases;
import io.kvorum.lease.Renewal;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LeaseExpiry;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Leases as their leader sees them: the clock of each, renewals, expiry, checkpoints (design §8).
///
/// ```
/// keep-alive -> renew -> Renewed: answered at once, nothing goes through the log
///                     -> noted in the log before: the note is cleared there first, then answered
///                     -> expired: answered as gone once the revoke has been applied
/// ```
///
/// The [Lessor] methods may be called by any thread and hand over to the thread `apply`, which owns
/// everything else. Clocks run while this member leads, from the first entry of its term on.
final class LeaderLeases implements Lessor, Applier.Ticking {
  private static final int MAX_EXPIRIES = 500;
  private static final int MAX_CHECKPOINTS = 1_000;
  private static final long EXPIRY_INTERVAL_NANOS = 500_000_000L;

  private final Leases leases;
  private final LeaseCommands commands;
  private final LeaseLimits limits;
  private final Member member;
  private final LongSupplier nanoClock;
  private final NavigableMap<LeaseId, List<Waiting>> waiting = new TreeMap<>();
  private @Nullable LeaseDeadlines deadlines;
  private long leadsTerm;
  private long nextExpiryNanos;

  /// The parts of the member that this needs.
  record Member(MvccStore store, Supplier<RaftStatus> raft, Proposals proposals, Applier applier) {}

  /// A keep-alive that waits for the log.
  private record Waiting(Executor loop, Callback<KeepAlive> callback, long revision) {}

  LeaderLeases(
      Leases leases,
      LeaseCommands commands,
      LeaseLimits limits,
      Member member,
      LongSupplier nanoClock) {
    this.leases = leases;
    this.commands = commands;
    this.limits = limits;
    this.member = member;
    this.nanoClock = nanoClock;
  }

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    call(loop, callback, () -> renew(lease, loop, callback));
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    call(
        loop,
        callback,
        () -> {
          TimeToLive answer = timeToLive(lease, keys);
          loop.execute(() -> callback.answered(answer));
        });
  }

  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    call(
        loop,
        callback,
        () -> {
          List<LeaseId> ids =
              deadlines == null
                  ? leases.all().stream().map(Lease::id).toList()
                  : deadlines.byRemaining(leases);
          LeaseList answer = new LeaseList(ids, member.store().head());
          loop.execute(() -> callback.answered(answer));
        });
  }

  private <T> void call(Executor loop, Callback<T> callback, Runnable body) {
    if (!member.applier().offer(body)) {
      loop.execute(() -> callback.failed(LeaseFailure.TOO_MANY_REQUESTS));
    }
  }

  private TimeToLive timeToLive(LeaseId id, Keys keys) {
    long revision = member.store().head();
    Optional<Lease> lease = leases.find(id);
    if (lease.isEmpty()) {
      return new TimeToLive.Absent(revision);
    }
    OptionalLong remaining =
        deadlines == null
            ? OptionalLong.empty()
            : deadlines.remainingSeconds(id, nanoClock.getAsLong());
    return new TimeToLive.Alive(
        remaining.orElse(lease.get().remainingMillis() / 1_000),
        lease.get().ttlSeconds(),
        keys == Keys.INCLUDED ? member.store().attachedKeys(id.value()) : List.of(),
        revision);
  }

  private void renew(LeaseId id, Executor loop, Callback<KeepAlive> callback) {
    if (deadlines == null) {
      followRole(nanoClock.getAsLong());
    }
    if (deadlines == null) {
      loop.execute(() -> callback.failed(LeaseFailure.NOT_PRIMARY));
      return;
    }
    long revision = member.store().head();
    Waiting request = new Waiting(loop, callback, revision);
    switch (deadlines.renew(id, nanoClock.getAsLong())) {
      case Renewal.Renewed(var lease) ->
          answer(request, new KeepAlive.Renewed(lease.ttlSeconds(), revision));
      case Renewal.ClearFirst(var lease) -> {
        await(id, request);
        proposeClear(lease);
      }
      case Renewal.ClearUnderWay _ -> await(id, request);
      case Renewal.Expired _ -> await(id, request);
      case Renewal.Unknown _ -> answer(request, new KeepAlive.Gone(revision));
    }
  }

  private void await(LeaseId id, Waiting request) {
    waiting.computeIfAbsent(id, _ -> new ArrayList<>()).add(request);
  }

  private static void answer(Waiting request, KeepAlive answer) {
    request.loop().execute(() -> request.callback().answered(answer));
  }

  private static void fail(Waiting request, LeaseFailure failure) {
    request.loop().execute(() -> request.callback().failed(failure));
  }

  /// The note of time left goes out of the log before the renewal is answered: a leader that takes
  /// over must not end the lease by an old note.
  private void proposeClear(Lease lease) {
    LeaseId id = lease.id();
    LogCommand.Builder command =
        LogCommand.newBuilder()
            .setLeaseCheckpoints(
                LeaseCheckpoints.newBuilder()
                    .setTerm(leadsTerm)
                    .addCheckpoints(checkpoint(id, lease.generation(), 0)));
    propose(
        command,
        isDone -> {
          if (deadlines == null) {
            return;
          }
          if (isDone) {
            deadlines.cleared(id);
            takeWaiting(id).forEach(each -> renew(id, each.loop(), each.callback()));
          } else {
            deadlines.clearFailed(id);
            takeWaiting(id).forEach(each -> fail(each, LeaseFailure.TIMED_OUT));
          }
        });
  }

  private List<Waiting> takeWaiting(LeaseId id) {
    List<Waiting> taken = waiting.remove(id);
    return taken == null ? List.of() : taken;
  }

  private static Checkpoint checkpoint(LeaseId id, LeaseGeneration generation, long millis) {
    return Checkpoint.newBuilder()
        .setId(id.value())
        .setGeneration(generation.grantIndex())
        .setRemainingMillis(millis)
        .build();
  }

  /// Proposes and comes back to this thread with whether it was applied.
  private void propose(LogCommand.Builder command, Outcome outcome) {
    member
        .proposals()
        .submit(
            command,
            member.applier()::execute,
            new Proposals.Callback() {
              @Override
              public void applied(ApplyResult result) {
                outcome.decided(true);
              }

              @Override
              public void failed(ProposalFailure failure) {
                outcome.decided(false);
              }
            });
  }

  private interface Outcome {
    void decided(boolean isDone);
  }

  @Override
  public void tick(long nowNanos) {
    followRole(nowNanos);
    if (deadlines == null || nowNanos - nextExpiryNanos < 0) {
      return;
    }
    nextExpiryNanos = nowNanos + EXPIRY_INTERVAL_NANOS;
    proposeExpiry(nowNanos);
    proposeCheckpoints(nowNanos);
    answerGone();
  }

  /// Starts and stops the clocks with the leadership.
  private void followRole(long nowNanos) {
    RaftStatus status = member.raft().get();
    boolean leads = status.role() == RoleKind.LEADER;
    boolean termHasBegun = member.applier().lastApplied().term() == status.term();
    if (deadlines != null && (!leads || status.term() != leadsTerm)) {
      deadlines = null;
      commands.follow(Optional.empty());
      waiting.values().forEach(all -> all.forEach(each -> fail(each, LeaseFailure.LEADER_CHANGED)));
      waiting.clear();
    }
    if (deadlines == null && leads && termHasBegun) {
      leadsTerm = status.term();
      deadlines = LeaseDeadlines.promoted(leases, limits, nowNanos);
      nextExpiryNanos = nowNanos;
      commands.follow(Optional.of(deadlines));
    }
  }

  private void proposeExpiry(long nowNanos) {
    List<Lease> expired = running().takeExpired(nowNanos, MAX_EXPIRIES);
    if (expired.isEmpty()) {
      return;
    }
    LeaseExpiry.Builder expiry = LeaseExpiry.newBuilder().setTerm(leadsTerm);
    for (Lease lease : expired) {
      expiry.addLeases(
          ExpiredLease.newBuilder()
              .setId(lease.id().value())
              .setGeneration(lease.generation().grantIndex()));
    }
    propose(LogCommand.newBuilder().setLeaseExpiry(expiry), _ -> answerGone());
  }

  private void proposeCheckpoints(long nowNanos) {
    List<LeaseCheckpoint> due = running().takeCheckpoints(nowNanos, MAX_CHECKPOINTS);
    if (due.isEmpty()) {
      return;
    }
    LeaseCheckpoints.Builder notes = LeaseCheckpoints.newBuilder().setTerm(leadsTerm);
    for (LeaseCheckpoint note : due) {
      notes.addCheckpoints(checkpoint(note.lease(), note.generation(), note.remainingMillis()));
    }
    propose(LogCommand.newBuilder().setLeaseCheckpoints(notes), _ -> {});
  }

  private LeaseDeadlines running() {
    LeaseDeadlines now = deadlines;
    if (now == null) {
      throw new IllegalStateException("this member does not lead");
    }
    return now;
  }

  /// Keep-alives of leases that have been revoked meanwhile.
  private void answerGone() {
    List<LeaseId> gone = waiting.keySet().stream().filter(id -> !leases.contains(id)).toList();
    for (LeaseId id : gone) {
      takeWaiting(id).forEach(each -> answer(each, new KeepAlive.Gone(each.revision())));
    }
  }
}
