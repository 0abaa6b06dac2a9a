package io.kvorum.raft;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.ForwardedProposal;
import io.kvorum.raft.RaftMessage.ForwardedProposalRefused;
import io.kvorum.raft.RaftMessage.ForwardedTransfer;
import io.kvorum.raft.RaftMessage.FromLeader;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexRefused;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// One member of a Raft group, as a state machine: [#step] takes what happened, [#drain] returns
/// what is to be done about it. The same start, inputs and seed give the same effects.
///
/// Inputs that are stepped before one drain are one batch: their proposals become one storage
/// command and one append per peer (R11), their reads share one round (RI2).
///
/// The member starts as a follower. A lone voter campaigns at once: there is no leader whose
/// silence it would have to wait for. Owned by the thread `raft`.
public final class RaftCore {
  private final MemberState state;
  private final Elections elections;
  private final PrefixDrop prefixDrop;
  private final SnapshotInstall snapshotInstall;
  private Ready.RoleChange lastRole;

  /// Starts a member from what recovery found.
  ///
  /// @param random draws election timeouts, and nothing else
  /// @throws StartRefused if the recovered parts contradict each other
  public RaftCore(MemberId self, RaftOptions options, StartState start, RandomGenerator random) {
    this(new MemberState(self, options, start, start.openLog()), random);
  }

  RaftCore(MemberState state, RandomGenerator random) {
    this.state = state;
    elections = new Elections(state, random);
    prefixDrop = new PrefixDrop(state);
    snapshotInstall = new SnapshotInstall(state);
    lastRole = roleNow();
    elections.campaignIfAlone();
  }

  /// Takes one thing that happened.
  public void step(Input input) {
    switch (input) {
      case Input.Tick() -> elections.tick();
      case Input.Received(var envelope) -> receive(envelope);
      case Input.Propose(var token, var payload) -> propose(token, payload);
      case Input.ProposeChange change -> proposeChange(change);
      case Input.ReadIndex(var token) -> read(token);
      case Input.Persisted(var sequence) -> persisted(sequence);
      case Input.Applied(var index) -> applied(index);
      case Input.ConfigurationApplied(var index, var configuration) ->
          configurationApplied(index, configuration);
      case Input.StateDurable(var index) -> prefixDrop.stateDurable(index);
      case Input.TransferLeadership(var token, var target) ->
          transfer(target).ifPresent(why -> state.outbox().refuse(token, why));
      case Input.SnapshotReady ready -> {
        if (elections.role() instanceof Leader leader && ready.term() == state.term()) {
          leader.snapshotReady(ready);
        }
      }
      case Input.SnapshotSent sent -> {
        if (elections.role() instanceof Leader leader) {
          leader.snapshotSent(sent);
        }
      }
      case Input.PeerUnreachable(var peer) -> {
        if (elections.role() instanceof Leader leader) {
          leader.unreachable(peer);
        }
      }
      case Input.PeerGone(var peer) -> elections.gone(peer);
      case Input.LogReadDone(var read, var entries) -> {
        if (elections.role() instanceof Leader leader && read.term() == state.term()) {
          leader.logRead(read, entries);
        }
      }
      case Input.Stop() -> elections.stop();
    }
  }

  /// Returns the work that has come together, and forgets it. One storage command at most is in it;
  /// if more waits to be written, the next drain has the next one.
  public Ready drain() {
    if (elections.role() instanceof Leader leader) {
      leader.flush();
    }
    Optional<Persist> persist = state.writes().next(state.ballot(), state.commits().committed());
    persist.ifPresent(
        command -> state.held().written(command.sequence(), state.writes().writtenIndex()));
    List<Entry> committed = state.commits().handOut(state.writes().durableIndex());
    Ready.RoleChange role = roleNow();
    Optional<Ready.RoleChange> change =
        role.equals(lastRole) ? Optional.empty() : Optional.of(role);
    lastRole = role;
    return state.outbox().drain(persist, committed, change);
  }

  /// The role, term and leader now in force.
  public Ready.RoleChange roleNow() {
    Role role = elections.role();
    return new Ready.RoleChange(role.kind(), state.term(), role.leader());
  }

  public long commitIndex() {
    return state.commits().committed();
  }

  public long lastIndex() {
    return state.log().lastIndex();
  }

  public long appliedIndex() {
    return state.commits().applied();
  }

  /// What a leader knows of every other member; nothing on a member that does not lead.
  public NavigableMap<MemberId, PeerProgress> progress() {
    return elections.role() instanceof Leader leader ? leader.progress() : new TreeMap<>();
  }

  MemberState state() {
    return state;
  }

  Role role() {
    return elections.role();
  }

  /// Whether storage commands are under way or wait to be drained.
  public boolean isStorageIdle() {
    return state.writes().isIdle(state.ballot());
  }

  private void receive(Envelope envelope) {
    if (!envelope.to().equals(state.self())) {
      return;
    }
    switch (Admission.of(state.term(), envelope, elections.isLeaderAlive())) {
      case IGNORE -> {}
      case ANSWER_OUTDATED -> state.send(envelope.from(), new AppendReply.Outdated());
      case REFUSE_PRE_VOTE -> elections.refusePreVote(envelope.from());
      case REFUSE_PROPOSAL -> {
        if (envelope.message() instanceof ForwardedProposal(var token, _)) {
          state.send(
              envelope.from(), new ForwardedProposalRefused(token, ProposalRefusal.NOT_LEADER));
        }
      }
      case LEARN_COMMIT -> {
        if (envelope.message() instanceof PreVoteReply(_, var committed)) {
          elections.learnCommit(committed);
        }
      }
      case ENTER_TERM -> {
        elections.enterTerm(envelope.term());
        accept(envelope.from(), envelope.term(), envelope.message());
      }
      case ACCEPT -> accept(envelope.from(), envelope.term(), envelope.message());
    }
  }

  private void accept(MemberId from, long term, RaftMessage message) {
    switch (message) {
      case FromLeader fromLeader -> hearLeader(from, fromLeader);
      case AppendReply reply -> {
        if (elections.role() instanceof Leader leader) {
          leader.appendAnswered(from, reply);
        }
      }
      case HeartbeatReply(var readRound) -> {
        if (elections.role() instanceof Leader leader) {
          leader.heartbeatAnswered(from, readRound);
        }
      }
      case PreVoteRequest request -> elections.preVoteAsked(from, term, request);
      case PreVoteReply reply -> elections.preVoteAnswered(from, term, reply);
      case VoteRequest request -> elections.voteAsked(from, request);
      case VoteReply reply -> elections.voteAnswered(from, reply);
      case TimeoutNow(var leaderLast) -> elections.timeoutNow(from, leaderLast);
      case ForwardedTransfer(var target) -> {
        if (elections.role() instanceof Leader leader) {
          leader.transferTo(target);
        }
      }
      case ForwardedProposal(var token, var payload) ->
          appendProposal(payload)
              .ifPresent(why -> state.send(from, new ForwardedProposalRefused(token, why)));
      case ForwardedProposalRefused(var token, var why) -> state.outbox().refuse(token, why);
      case ReadIndexRequest(var token) -> {
        if (elections.role() instanceof Leader leader) {
          leader.read(from, token);
        } else {
          state.send(from, new ReadIndexRefused(token));
        }
      }
      case ReadIndexReply(var token, var index) ->
          endForwardedRead(new ReadVerdict.Confirmed(token, index));
      case ReadIndexRefused(var token) -> endForwardedRead(new ReadVerdict.Aborted(token));
    }
  }

  private void hearLeader(MemberId from, FromLeader message) {
    elections.follow(from);
    switch (message) {
      case AppendEntries append ->
          AppendAcceptor.accept(state, append)
              .ifPresent(reply -> state.sendWhenDurable(from, reply));
      case Heartbeat(var commitIndex, var readRound) -> {
        state.commits().commitTo(commitIndex);
        state.send(from, new HeartbeatReply(readRound));
      }
      case SnapshotOffer(var snapshot) ->
          state.sendWhenDurable(from, snapshotInstall.accept(snapshot));
    }
  }

  private void propose(long token, ByteString payload) {
    if (elections.role() instanceof Role.Follower follower && follower.leader().isPresent()) {
      state.send(follower.leader().get(), new ForwardedProposal(token, payload));
    } else {
      appendProposal(payload).ifPresent(why -> state.outbox().refuse(token, why));
    }
  }

  private Optional<ProposalRefusal> appendProposal(ByteString payload) {
    return switch (elections.role()) {
      case Leader leader -> leader.propose(payload);
      case Role.Electable other ->
          Optional.of(
              other.leader().isPresent() ? ProposalRefusal.NOT_LEADER : ProposalRefusal.NO_LEADER);
    };
  }

  private void proposeChange(Input.ProposeChange proposal) {
    Optional<ProposalRefusal> refusal =
        switch (elections.role()) {
          case Leader leader -> leader.propose(proposal.change(), proposal.payload());
          case Role.Electable _ -> Optional.of(ProposalRefusal.NOT_LEADER);
        };
    refusal.ifPresent(why -> state.outbox().refuse(proposal.token(), why));
  }

  private Optional<ProposalRefusal> transfer(MemberId target) {
    return switch (elections.role()) {
      case Leader leader -> leader.transferTo(target);
      case Role.Electable other -> {
        other.leader().ifPresent(leader -> state.send(leader, new ForwardedTransfer(target)));
        yield other.leader().isPresent()
            ? Optional.empty()
            : Optional.of(ProposalRefusal.NO_LEADER);
      }
    };
  }

  private void read(long token) {
    if (elections.role() instanceof Leader leader) {
      leader.read(state.self(), token);
    } else if (elections.role() instanceof Role.Follower follower
        && follower.leader().isPresent()) {
      if (follower.forwardedReads().size() >= state.options().limits().pendingReads()) {
        giveUpOldest(follower.forwardedReads());
      }
      follower.forwardedReads().add(token);
      state.send(follower.leader().get(), new ReadIndexRequest(token));
    } else {
      state.outbox().decideRead(new ReadVerdict.Aborted(token));
    }
  }

  /// Answers are lost now and then: the read that has waited longest makes room for a new one.
  private void giveUpOldest(Set<Long> forwardedReads) {
    long oldest = forwardedReads.iterator().next();
    forwardedReads.remove(oldest);
    state.outbox().decideRead(new ReadVerdict.Aborted(oldest));
  }

  private void endForwardedRead(ReadVerdict verdict) {
    if (elections.role() instanceof Role.Follower follower
        && follower.forwardedReads().remove(verdict.token())) {
      state.outbox().decideRead(verdict);
    }
  }

  private void persisted(long sequence) {
    state.writes().completed(sequence);
    prefixDrop.persisted(sequence);
    snapshotInstall.persisted(sequence);
    state.held().release(sequence, this::release);
    if (elections.role() instanceof Leader leader) {
      leader.advanceCommit();
    }
  }

  /// A message to this member itself is its own vote, counted now that it is durable.
  private void release(Envelope envelope) {
    if (envelope.to().equals(state.self())) {
      receive(envelope);
    } else {
      state.outbox().send(envelope);
    }
  }

  /// What was applied before a snapshot that waits to be installed is overtaken: the configuration
  /// of the snapshot is in force already.
  private void configurationApplied(long index, Configuration configuration) {
    Invariant.check(
        index <= state.commits().committed(),
        "configuration of %d applied, committed is %d",
        index,
        state.commits().committed());
    if (!state.commits().isInstalling()) {
      state.configure(index, configuration);
      elections.reconfigured();
    }
  }

  private void applied(long index) {
    long freedBytes = state.commits().applied(index);
    state.log().applied(index, state.options().tail());
    if (elections.role() instanceof Leader leader) {
      leader.applied(freedBytes);
    }
    elections.campaignIfAlone();
  }
}
