package io.kvorum.raft.simulation;

import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input;
import io.kvorum.raft.PeerProgress;
import io.kvorum.raft.Persist;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.Ready.RoleChange;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Recognises from outside which of the [Sometimes] a step was.
final class Situations {
  private final World world;
  private final Map<Long, Configuration> lastConfigurations = new HashMap<>();
  private final Map<Long, EntryId> offeredBefore = new HashMap<>();
  private final Map<Long, Transfer> transfers = new HashMap<>();
  private final Set<Round> lostRounds = new HashSet<>();
  private boolean isReadConfirmed;

  /// What a leader has been asked to hand over and was not seen to settle.
  private static final class Transfer {
    final MemberId target;
    final long term;
    int ticks;

    Transfer(MemberId target, long term) {
      this.target = target;
      this.term = term;
    }
  }

  /// One leader's question to one member whether it still leads.
  private record Round(MemberId leader, MemberId asked, long term, long number) {}

  Situations(World world) {
    this.world = world;
  }

  private void saw(Sometimes situation) {
    world.coverage().saw(situation);
  }

  void recovered(Host host, RecoveredLog recovered) {
    long stored = host.durable.commitIndex();
    if (host.flushed.appliedIndex() > stored) {
      saw(Sometimes.RESTARTED_BEYOND_STORED_COMMIT);
    } else if (recovered.hardState().commitIndex() > stored) {
      saw(Sometimes.RESTARTED_WITH_COMMIT_FLOOR);
    }
  }

  void issued(MemberProcess process, Persist command) {
    if (command.entries().isEmpty()) {
      return;
    }
    long first = command.entries().getFirst().index();
    LogImage issued = process.issued;
    if (first > issued.lastIndex() || !issued.covers(first)) {
      return;
    }
    saw(Sometimes.CONFLICT_TRUNCATED);
    if (issued.termAt(first) != issued.last().term()) {
      saw(Sometimes.CONFLICT_TRUNCATED_TWO_TERMS);
    }
    if (process.host.durable.lastIndex() < issued.lastIndex()) {
      saw(Sometimes.OVERWRITTEN_WHILE_WRITING);
    }
  }

  private boolean isHeldByQuorum(MemberProcess process, EntryId id) {
    return Quorum.of(process.configuration())
        .isReachedBy(
            member -> {
              LogImage durable = world.host(member).durable;
              return durable.covers(id.index()) && durable.termAt(id.index()) == id.term();
            });
  }

  void sent(MemberProcess process, Envelope envelope) {
    switch (envelope.message()) {
      case RaftMessage.VoteReply(var answer, _) -> {
        if (answer == Answer.GRANTED && !process.configuration().isVoter(process.id())) {
          saw(Sometimes.LEARNER_VOTED);
        }
      }
      case RaftMessage.AppendReply.Conflict(var rejected, var probeAt) -> {
        if (probeAt.index() < rejected - 1) {
          saw(Sometimes.FOLLOWER_HINT_USED);
        }
      }
      case RaftMessage.AppendEntries(var previous, var entries, _) -> {
        PeerProgress known = process.core.progress().get(envelope.to());
        if (entries.isEmpty()
            && known != null
            && known.mode() == PeerProgress.Mode.REPLICATE
            && known.isPaused()
            && previous.index() > known.matchIndex()) {
          saw(Sometimes.FULL_WINDOW_PROBED);
        }
      }
      case RaftMessage.Heartbeat _,
          RaftMessage.SnapshotOffer _,
          RaftMessage.AppendReply.Matched _,
          RaftMessage.AppendReply.Outdated _,
          RaftMessage.HeartbeatReply _,
          RaftMessage.PreVoteRequest _,
          RaftMessage.PreVoteReply _,
          RaftMessage.VoteRequest _,
          RaftMessage.TimeoutNow _,
          RaftMessage.ForwardedTransfer _,
          RaftMessage.ForwardedProposal _,
          RaftMessage.ForwardedProposalRefused _,
          RaftMessage.ReadIndexRequest _,
          RaftMessage.ReadIndexReply _,
          RaftMessage.ReadIndexRefused _ -> {}
    }
  }

  void changed(MemberProcess process, RoleChange now, Input input) {
    RoleChange before = process.seen.role;
    boolean isSameTerm = now.term() == before.term();
    switch (now.role()) {
      case LEADER -> {
        saw(Sometimes.ELECTION_WON);
        newLeader(process, now);
      }
      case CANDIDATE -> {
        if (before.role() == RoleKind.CANDIDATE && !isSameTerm) {
          saw(Sometimes.ELECTION_SPLIT);
        }
      }
      case FOLLOWER -> {
        if (before.role() == RoleKind.CANDIDATE && isSameTerm && now.leader().isEmpty()) {
          saw(Sometimes.ELECTION_LOST);
        }
        if ((before.role() == RoleKind.CANDIDATE || before.role() == RoleKind.PRE_CANDIDATE)
            && now.leader().isPresent()) {
          saw(Sometimes.CANDIDATE_FELL_BACK);
        }
        if (before.role() == RoleKind.LEADER) {
          noLeaderAnyMore(isSameTerm, input);
        }
      }
      case PRE_CANDIDATE -> {
        if (before.role() == RoleKind.CANDIDATE) {
          saw(Sometimes.ELECTION_SPLIT);
        }
      }
    }
  }

  private void newLeader(MemberProcess process, RoleChange now) {
    for (MemberProcess other : world.running()) {
      if (!other.equals(process) && other.seen.role.role() == RoleKind.LEADER) {
        saw(Sometimes.TWO_LEADERS_ALIVE);
      }
    }
    if (process.configuration().isJoint()) {
      saw(Sometimes.LEADER_CHANGED_IN_JOINT);
    }
    if (process.transferTerm == now.term()) {
      saw(Sometimes.TRANSFER_DONE);
    }
  }

  private void noLeaderAnyMore(boolean isSameTerm, Input input) {
    if (isSameTerm && input instanceof Input.Tick) {
      saw(Sometimes.STEPPED_DOWN_WITHOUT_QUORUM);
    }
    if (isSameTerm && input instanceof Input.ConfigurationApplied) {
      saw(Sometimes.LEADER_REMOVED_ITSELF);
    }
    if (input instanceof Input.Received(var envelope)
        && envelope.message() instanceof RaftMessage.AppendReply.Outdated) {
      saw(Sometimes.OUTDATED_LEADER_FREED);
    }
  }

  void stepped(MemberProcess process, Input input) {
    long commit = process.core.commitIndex();
    if (process.core.roleNow().role() == RoleKind.LEADER && commit > process.seen.commitIndex) {
      LogImage durable = process.host.durable;
      if (commit > durable.lastIndex()) {
        saw(Sometimes.COMMITTED_BEFORE_OWN_SYNC);
      }
      long next = process.seen.commitIndex + 1;
      if (durable.covers(next) && durable.termAt(next) < process.core.roleNow().term()) {
        saw(Sometimes.EARLIER_TERM_COMMITTED);
      }
    }
    if (process.core.roleNow().role() == RoleKind.LEADER && commit + 1 < process.seen.ledFrom) {
      uncommittedBefore(process, commit + 1);
    }
    if (process.seen.handedOut < Math.min(commit, process.host.durable.lastIndex())
        && process.issued.baseIndex() <= process.state().appliedIndex()) {
      saw(Sometimes.APPLY_THROTTLED);
    }
    transferring(process, input);
    if (input instanceof Input.Received(var envelope)) {
      received(process, envelope);
      isReadConfirmed = false;
    } else if (input instanceof Input.ReadIndex
        && process.seen.role.role() == RoleKind.LEADER
        && process.seen.commitIndex < process.seen.ledFrom) {
      saw(Sometimes.READ_BEFORE_OWN_COMMIT);
    }
  }

  /// A majority holds an entry of an earlier term, and it is not committed for all that (Raft
  /// figure 8).
  private void uncommittedBefore(MemberProcess process, long index) {
    if (process.issued.covers(index)
        && isHeldByQuorum(process, new EntryId(process.issued.termAt(index), index))) {
      saw(Sometimes.EARLIER_TERM_HELD_BY_MAJORITY);
    }
  }

  /// A message got lost.
  void lost(Envelope envelope) {
    switch (envelope.message()) {
      case RaftMessage.Heartbeat(_, var round) ->
          lostRounds.add(new Round(envelope.from(), envelope.to(), envelope.term(), round));
      case RaftMessage.HeartbeatReply(var round) ->
          lostRounds.add(new Round(envelope.to(), envelope.from(), envelope.term(), round));
      case RaftMessage.ForwardedProposal _, RaftMessage.ReadIndexRequest _ ->
          saw(Sometimes.FORWARDED_MESSAGE_LOST);
      case RaftMessage.AppendEntries _,
          RaftMessage.SnapshotOffer _,
          RaftMessage.AppendReply _,
          RaftMessage.PreVoteRequest _,
          RaftMessage.PreVoteReply _,
          RaftMessage.VoteRequest _,
          RaftMessage.VoteReply _,
          RaftMessage.TimeoutNow _,
          RaftMessage.ForwardedTransfer _,
          RaftMessage.ForwardedProposalRefused _,
          RaftMessage.ReadIndexReply _,
          RaftMessage.ReadIndexRefused _ -> {}
    }
  }

  /// A leader has confirmed a read in the present step.
  void readConfirmed() {
    isReadConfirmed = true;
  }

  /// Follows a transfer from the request to where the leader gives it up.
  private void transferring(MemberProcess process, Input input) {
    long id = process.id().value();
    RoleChange role = process.core.roleNow();
    Transfer pending = transfers.get(id);
    if (role.role() != RoleKind.LEADER || (pending != null && pending.term != role.term())) {
      transfers.remove(id);
      return;
    }
    if (input instanceof Input.TransferLeadership(_, var target)) {
      asked(process, target);
    } else if (input instanceof Input.Received(var envelope)
        && envelope.message() instanceof RaftMessage.ForwardedTransfer(var target)
        && envelope.term() == role.term()) {
      asked(process, target);
    } else if (pending != null && input instanceof Input.Tick) {
      if (++pending.ticks >= world.profile().options().election().timeoutTicks()) {
        saw(Sometimes.TRANSFER_TIMED_OUT);
        transfers.remove(id);
      }
    } else if (pending != null
        && input instanceof Input.ConfigurationApplied
        && !process.configuration().isVoter(pending.target)) {
      saw(Sometimes.TRANSFER_TARGET_REMOVED);
      transfers.remove(id);
    }
  }

  private void asked(MemberProcess leader, MemberId target) {
    Transfer pending = transfers.get(leader.id().value());
    boolean isPossible = !target.equals(leader.id()) && leader.configuration().isVoter(target);
    if (isPossible && (pending == null || !pending.target.equals(target))) {
      transfers.put(leader.id().value(), new Transfer(target, leader.core.roleNow().term()));
    }
  }

  private void received(MemberProcess process, Envelope envelope) {
    RoleChange role = process.core.roleNow();
    switch (envelope.message()) {
      case RaftMessage.VoteRequest(_, _, var cause) -> {
        if (envelope.term() > role.term() && cause == Cause.TIMEOUT) {
          saw(Sometimes.CAMPAIGN_IGNORED_FOR_LIVE_LEADER);
        }
        learned(process);
      }
      case RaftMessage.PreVoteRequest(var last, _) -> {
        if (CoreProbe.shieldsLeader(process.core)) {
          saw(Sometimes.PRE_VOTE_IGNORED_FOR_LIVE_LEADER);
        } else if (last.compareTo(CoreProbe.last(process.core)) < 0) {
          saw(Sometimes.PRE_VOTE_REFUSED_BY_LOG);
        }
        learned(process);
      }
      case RaftMessage.PreVoteReply _, RaftMessage.VoteReply _ -> {
        if (role.role() != RoleKind.LEADER) {
          learned(process);
        }
      }
      case RaftMessage.TimeoutNow _ -> {
        if (role.role() == RoleKind.CANDIDATE) {
          process.transferTerm = role.term();
        } else {
          saw(Sometimes.STALE_TIMEOUT_NOW);
        }
      }
      case RaftMessage.AppendEntries(var previous, var entries, _) -> {
        if (!entries.isEmpty()
            && previous.index() + entries.size() < process.issued.lastIndex()
            && envelope.term() == role.term()) {
          saw(Sometimes.DUPLICATE_APPEND);
        }
        if (CoreProbe.isInstalling(process.core)) {
          saw(Sometimes.APPEND_WHILE_INSTALLING);
        }
      }
      case RaftMessage.SnapshotOffer(var offered) -> offered(process, offered.id());
      case RaftMessage.AppendReply.Matched(var matchIndex) -> {
        PeerProgress known = process.core.progress().get(envelope.from());
        if (known != null && envelope.term() == role.term() && matchIndex < known.matchIndex()) {
          saw(Sometimes.ACK_REORDERED);
        }
      }
      case RaftMessage.AppendReply.Conflict(_, var probeAt) -> {
        LogImage issued = process.issued;
        if (role.role() == RoleKind.LEADER
            && issued.covers(probeAt.index())
            && issued.termAt(probeAt.index()) > probeAt.term()) {
          saw(Sometimes.LEADER_HINT_USED);
        }
      }
      case RaftMessage.HeartbeatReply(var round) -> {
        Round answered = new Round(process.id(), envelope.from(), envelope.term(), round);
        if (isReadConfirmed && lostRounds.contains(answered)) {
          saw(Sometimes.READ_ROUND_REPEATED);
        }
      }
      case RaftMessage.Heartbeat _,
          RaftMessage.AppendReply.Outdated _,
          RaftMessage.ForwardedTransfer _,
          RaftMessage.ForwardedProposal _,
          RaftMessage.ForwardedProposalRefused _,
          RaftMessage.ReadIndexRequest _,
          RaftMessage.ReadIndexReply _,
          RaftMessage.ReadIndexRefused _ -> {}
    }
  }

  private void offered(MemberProcess process, EntryId snapshot) {
    if (!CoreProbe.isInstalling(process.core) || !CoreProbe.base(process.core).equals(snapshot)) {
      return;
    }
    EntryId before = offeredBefore.put(process.id().value(), snapshot);
    if (before != null
        && before.index() < snapshot.index()
        && process.state().appliedIndex() < before.index()) {
      saw(Sometimes.SNAPSHOT_SUPERSEDED);
    }
  }

  private void learned(MemberProcess process) {
    if (process.core.commitIndex() > process.seen.commitIndex) {
      saw(Sometimes.COMMIT_LEARNED_FROM_VOTE);
    }
  }

  /// A configuration entry was applied.
  void reconfigured(MemberProcess process) {
    Configuration now = process.state().configuration();
    Configuration before = lastConfigurations.put(process.id().value(), now);
    if (before == null || before.equals(now)) {
      return;
    }
    if (now.isJoint()) {
      saw(Sometimes.JOINT_ENTERED);
    } else if (before.isJoint()) {
      saw(
          before.autoLeave()
              ? Sometimes.JOINT_LEFT_AUTOMATICALLY
              : Sometimes.JOINT_LEFT_EXPLICITLY);
    }
    if (now.voters().size() == 1 && before.voters().size() == 2) {
      saw(Sometimes.SHRUNK_TO_ONE);
    }
  }
}
