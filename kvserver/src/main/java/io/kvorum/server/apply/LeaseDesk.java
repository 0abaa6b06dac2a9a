package io.kvorum.server.apply;

import io.kvorum.invariant.OwnerThread;
import io.kvorum.lease.LeaseCheckpoint;
import io.kvorum.lease.LeaseDeadlines;
import io.kvorum.lease.LeaseId;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.propose.LoopTasks;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;

/// Answers lease requests, and keeps the leader's leases running: begins and ends the tenure with
/// the leadership, proposes expiries, checkpoints and clears.
///
/// A request that needs the leader while none is known waits for one; so a member that has just
/// started answers as soon as it leads. While another member leads, it fails.
///
/// Owned by the thread `apply`.
final class LeaseDesk {
  /// Expiries and notes are decided anew at a later tick if they fail.
  private static final Proposals.Callback IGNORED =
      new Proposals.Callback() {
        @Override
        public void applied(ApplyResult result) {}

        @Override
        public void failed(ProposalFailure failure) {}
      };

  private final Proposals proposals;
  private final Executor apply;
  private final ApplyLimits limits;
  private final Queue<Parked> parked = new ArrayDeque<>();
  private final LoopTasks answers = new LoopTasks();
  private final OwnerThread owner = new OwnerThread("LeaseDesk");
  private LeaseBook book;
  private Optional<RaftStatus> status = Optional.empty();

  /// @param apply runs a task on the thread `apply`
  LeaseDesk(LeaseBook book, Proposals proposals, Executor apply, ApplyLimits limits) {
    this.book = book;
    this.proposals = proposals;
    this.apply = apply;
    this.limits = limits;
  }

  /// A request for the leader: what it does with the tenure, and how it fails.
  interface LeaderRequest {
    void serve(LeaseTenure tenure, long nowNanos, LoopTasks answers);

    void fail(LeaseFailure failure, LoopTasks answers);
  }

  private record Parked(LeaderRequest request, long arrivedNanos) {}

  /// Takes over the newest status of the member. `appliedTerm` is the term of the last applied
  /// entry.
  void statusChanged(RaftStatus newest, long appliedTerm, long nowNanos) {
    owner.check();
    status = Optional.of(newest);
    book.tenure().filter(tenure -> !leads() || tenure.term() != newest.term()).ifPresent(this::end);
    beginIfDue(appliedTerm, nowNanos);
    if (!leads() && newest.leader().isPresent()) {
      failParked(LeaseFailure.NOT_PRIMARY);
    }
  }

  /// Goes on with other leases: a snapshot was installed. Who gets one has not led for a while,
  /// even if it has not heard so here.
  void takeUp(LeaseBook installed) {
    owner.check();
    book.tenure().ifPresent(this::end);
    book = installed;
  }

  /// Begins the tenure once the first entry of the leader's own term is applied: only then are all
  /// leases known.
  void beginIfDue(long appliedTerm, long nowNanos) {
    if (book.tenure().isPresent() || !leads()) {
      return;
    }
    long term = status.orElseThrow().term();
    if (appliedTerm != term) {
      return;
    }
    LeaseDeadlines deadlines = LeaseDeadlines.promoted(book.leases(), limits.leases(), nowNanos);
    LeaseTenure tenure = new LeaseTenure(term, deadlines);
    book.begin(tenure);
    while (!parked.isEmpty()) {
      parked.remove().request().serve(tenure, nowNanos, answers);
    }
  }

  /// Serves a request that needs the leader.
  void serve(LeaderRequest request, long nowNanos) {
    owner.check();
    Optional<LeaseTenure> tenure = book.tenure();
    if (tenure.isPresent()) {
      request.serve(tenure.get(), nowNanos, answers);
    } else if (!leads() && status.flatMap(RaftStatus::leader).isPresent()) {
      request.fail(LeaseFailure.NOT_PRIMARY, answers);
    } else if (parked.size() >= limits.leaseRequests()) {
      request.fail(LeaseFailure.TOO_MANY_REQUESTS, answers);
    } else {
      parked.add(new Parked(request, nowNanos));
    }
  }

  /// Lists the leases: by remaining time on the leader, by id elsewhere.
  List<LeaseId> list() {
    owner.check();
    return book.tenure()
        .map(tenure -> tenure.deadlines().byRemaining(book.leases()))
        .orElseGet(() -> book.leases().all().stream().map(lease -> lease.id()).toList());
  }

  /// Proposes the clears that renewals asked for, and gives all answers that are settled. Called
  /// after each round of the thread, when everything applied is published.
  void finishRound() {
    owner.check();
    book.tenure().ifPresent(this::proposeClears);
    book.tenure().ifPresent(LeaseTenure::giveAnswers);
    answers.dispatch();
  }

  /// Looks at the clock: proposes what is due and fails what has waited too long.
  void tick(long nowNanos) {
    owner.check();
    long timeoutNanos = limits.requestTimeout().toNanos();
    while (!parked.isEmpty() && nowNanos - parked.element().arrivedNanos() >= timeoutNanos) {
      parked.remove().request().fail(LeaseFailure.NO_LEADER, answers);
    }
    book.tenure()
        .ifPresent(
            tenure -> {
              tenure.failOverdue(timeoutNanos, nowNanos);
              LeaseExpiry.due(tenure, nowNanos, limits.leasesPerTick())
                  .ifPresent(command -> proposals.submit(command, apply, IGNORED));
              List<LeaseCheckpoint> notes =
                  tenure.deadlines().takeCheckpoints(nowNanos, limits.leasesPerTick());
              if (!notes.isEmpty()) {
                proposals.submit(LeaseNotes.command(tenure, notes), apply, IGNORED);
              }
            });
  }

  /// Fails everything that waits. Nothing is served any more.
  void close() {
    failParked(LeaseFailure.STOPPED);
    book.tenure().ifPresent(tenure -> tenure.end(LeaseFailure.STOPPED));
    book.tenure().ifPresent(LeaseTenure::giveAnswers);
    answers.dispatch();
  }

  private boolean leads() {
    return status.filter(now -> now.role() == RoleKind.LEADER).isPresent();
  }

  private void end(LeaseTenure tenure) {
    tenure.end(LeaseFailure.NOT_PRIMARY);
    tenure.giveAnswers();
    book.endTenure();
  }

  private void failParked(LeaseFailure failure) {
    while (!parked.isEmpty()) {
      parked.remove().request().fail(failure, answers);
    }
  }

  private void proposeClears(LeaseTenure tenure) {
    List<LeaseCheckpoint> clears = tenure.takeClears();
    for (int from = 0; from < clears.size(); from += limits.leasesPerTick()) {
      int to = Math.min(clears.size(), from + limits.leasesPerTick());
      List<LeaseCheckpoint> part = clears.subList(from, to);
      proposals.submit(LeaseNotes.command(tenure, part), apply, new Clearing(tenure, part));
    }
  }

  /// Clears on their way. Once applied, the keep-alives have been answered by the entry itself.
  private record Clearing(LeaseTenure tenure, List<LeaseCheckpoint> clears)
      implements Proposals.Callback {
    @Override
    public void applied(ApplyResult result) {}

    @Override
    public void failed(ProposalFailure failure) {
      tenure.clearsFailed(clears, reason(failure));
    }

    private static LeaseFailure reason(ProposalFailure failure) {
      return switch (failure) {
        case ProposalFailure.NoLeader _ -> LeaseFailure.NO_LEADER;
        case ProposalFailure.TooManyRequests _,
            ProposalFailure.RequestTooLarge _,
            ProposalFailure.ChangeRefused _ ->
            LeaseFailure.TOO_MANY_REQUESTS;
        case ProposalFailure.StoppedBefore _, ProposalFailure.StoppedAfter _ ->
            LeaseFailure.STOPPED;
        case ProposalFailure.TimedOut _, ProposalFailure.Overtaken _ -> LeaseFailure.TIMED_OUT;
      };
    }
  }
}
