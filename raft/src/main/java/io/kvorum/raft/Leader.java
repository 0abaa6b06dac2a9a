package io.kvorum.raft;

import com.google.protobuf.ByteString;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.ReadIndexRefused;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChanger;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;

/// Leads one term: takes proposals, replicates, commits and confirms reads. To become leader is to
/// construct one; nothing of it survives the term.
final class Leader implements Role {
  private final MemberState state;
  private final Followers followers;
  private final ReadIndexQueue reads;
  private final Handover handover;
  private final long firstOwnIndex;
  private long pendingConfigurationIndex;
  private long uncommittedBytes;
  private int heartbeatElapsedTicks;
  private int quorumElapsedTicks;

  /// Takes office: an empty entry of the new term makes everything before it committable (E10).
  Leader(MemberState state) {
    this.state = state;
    this.followers = new Followers(state);
    this.reads = new ReadIndexQueue(state.options().limits().pendingReads());
    this.handover = new Handover(state, followers);
    this.pendingConfigurationIndex = state.log().lastIndex();
    this.firstOwnIndex = state.log().lastIndex() + 1;
    append(EntryKind.NORMAL, ByteString.EMPTY);
  }

  @Override
  public RoleKind kind() {
    return RoleKind.LEADER;
  }

  @Override
  public Optional<MemberId> leader() {
    return Optional.of(state.self());
  }

  NavigableMap<MemberId, PeerProgress> progress() {
    return followers.view();
  }

  /// One tick; returns false if this member must not lead any longer, for want of a quorum (E8).
  boolean tick() {
    var election = state.options().election();
    if (++quorumElapsedTicks >= election.timeoutTicks()) {
      quorumElapsedTicks = 0;
      boolean wasActive = followers.takeQuorumWasActive();
      if (election.checkQuorum() && !wasActive) {
        return false;
      }
    }
    if (++heartbeatElapsedTicks >= election.heartbeatTicks()) {
      heartbeatElapsedTicks = 0;
      followers.heartbeat(reads.lastRound());
    }
    handover.tick();
    leaveJointIfDue();
    return true;
  }

  /// Appends a command, or says why not (B1).
  Optional<ProposalRefusal> propose(ByteString payload) {
    Optional<ProposalRefusal> refusal = refusalOf(payload);
    if (refusal.isEmpty()) {
      append(EntryKind.NORMAL, payload);
    }
    return refusal;
  }

  /// Appends a membership change, or says why not (M3, M4).
  Optional<ProposalRefusal> propose(ConfigChange change, ByteString payload) {
    if (pendingConfigurationIndex > state.commits().applied()) {
      return Optional.of(ProposalRefusal.CHANGE_PENDING);
    }
    if (ConfigChanger.apply(state.configuration(), change)
        instanceof ConfigChanger.Outcome.Illegal) {
      return Optional.of(ProposalRefusal.CHANGE_ILLEGAL);
    }
    Optional<ProposalRefusal> refusal = refusalOf(payload);
    if (refusal.isEmpty()) {
      appendChange(payload);
    }
    return refusal;
  }

  private Optional<ProposalRefusal> refusalOf(ByteString payload) {
    if (handover.isPending()) {
      return Optional.of(ProposalRefusal.TRANSFERRING);
    }
    boolean exceedsLimit =
        !payload.isEmpty()
            && uncommittedBytes > 0
            && uncommittedBytes + payload.size() > state.options().limits().uncommittedBytes();
    return exceedsLimit ? Optional.of(ProposalRefusal.UNCOMMITTED_LIMIT) : Optional.empty();
  }

  private void appendChange(ByteString payload) {
    append(EntryKind.CONFIGURATION, payload);
    pendingConfigurationIndex = state.log().lastIndex();
  }

  /// Leaves a joint configuration that is to be left automatically, once it is applied (M7). An
  /// empty payload says so; a leader that took over meanwhile does the same.
  private void leaveJointIfDue() {
    if (state.configuration().autoLeave()
        && pendingConfigurationIndex <= state.commits().applied()
        && !handover.isPending()) {
      appendChange(ByteString.EMPTY);
    }
  }

  private void append(EntryKind kind, ByteString payload) {
    EntryId id = new EntryId(state.term(), state.log().lastIndex() + 1);
    state.log().append(new Entry(id, kind, payload));
    uncommittedBytes += payload.size();
  }

  /// Frees room for proposals. Entries of earlier terms were never counted.
  void applied(long freedBytes) {
    uncommittedBytes = Math.max(0, uncommittedBytes - freedBytes);
    leaveJointIfDue();
  }

  /// Hands over to `target`, or says why not.
  Optional<ProposalRefusal> transferTo(MemberId target) {
    return handover.begin(target);
  }

  /// Takes a read of `origin`; its verdict follows once this leadership is confirmed (RI1, RI2).
  void read(MemberId origin, long token) {
    if (reads.isFull()) {
      abortRead(new ReadIndexQueue.Read(origin, token, 0, 0));
    } else if (hasCommittedOwnEntry()) {
      reads.join(origin, token, state.commits().committed());
    } else {
      reads.park(origin, token);
    }
  }

  private boolean hasCommittedOwnEntry() {
    return state.commits().committed() >= firstOwnIndex;
  }

  void appendAnswered(MemberId from, AppendReply reply) {
    Optional<FollowerProgress> known = followers.of(from);
    if (known.isPresent()) {
      known.get().markActive();
      if (followers.answered(known.get(), reply)) {
        advanceCommit();
        handover.acknowledged(from);
      }
    }
  }

  void heartbeatAnswered(MemberId from, long readRound) {
    Optional<FollowerProgress> known = followers.of(from);
    if (known.isPresent()) {
      known.get().markActive();
      followers.heartbeatAnswered(from, known.get(), readRound);
    }
  }

  void logRead(Ready.LogRead read, List<Entry> entries) {
    followers.logRead(read, entries);
  }

  void snapshotReady(Input.SnapshotReady ready) {
    followers.snapshotReady(ready.peer(), ready.marker());
  }

  void snapshotSent(Input.SnapshotSent sent) {
    followers.of(sent.peer()).ifPresent(known -> known.snapshotSent(sent.index(), sent.delivery()));
  }

  void unreachable(MemberId peer) {
    followers.of(peer).ifPresent(FollowerProgress::unreachable);
  }

  /// Commits what a quorum holds durably, if it ends with an entry of this term (Raft §5.4.2; R9).
  void advanceCommit() {
    long reached = state.quorum().reachedBy(followers::matchIndex);
    if (reached > state.commits().committed() && state.log().termAt(reached) == state.term()) {
      state.commits().commitTo(reached);
      reads.release(reached);
    }
  }

  /// Another configuration is in force; what it needs for a commit may be there already (R10).
  void reconfigured() {
    followers.followMembership();
    advanceCommit();
    handover.reconfigured();
  }

  /// Lets go of a leadership that the configuration takes away: everybody learns of the commit that
  /// did it, and the voter that is furthest may campaign at once (M10).
  void leaveOffice() {
    followers.replicate();
    followers
        .mostAdvancedVoter()
        .ifPresent(successor -> state.send(successor, new TimeoutNow(state.log().last())));
  }

  /// Sends what has come together since the last drain: one read round, one append per peer (R11).
  void flush() {
    if (reads.startRound()) {
      heartbeatElapsedTicks = 0;
      followers.heartbeat(reads.lastRound());
    }
    followers.replicate();
    long ownRound = reads.lastRound();
    reads.confirm(
        state.quorum().reachedBy(member -> followers.confirmedRound(member, ownRound)),
        this::confirmRead);
  }

  /// Ends the leadership: nothing that waited for it may wait on (RI5).
  void resign() {
    reads.abort(this::abortRead);
  }

  private void confirmRead(ReadIndexQueue.Read read) {
    if (read.origin().equals(state.self())) {
      state.outbox().decideRead(new ReadVerdict.Confirmed(read.token(), read.index()));
    } else {
      state.send(read.origin(), new ReadIndexReply(read.token(), read.index()));
    }
  }

  private void abortRead(ReadIndexQueue.Read read) {
    if (read.origin().equals(state.self())) {
      state.outbox().decideRead(new ReadVerdict.Aborted(read.token()));
    } else {
      state.send(read.origin(), new ReadIndexRefused(read.token()));
    }
  }
}
