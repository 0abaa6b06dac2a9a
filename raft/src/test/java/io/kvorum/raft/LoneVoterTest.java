package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.Ready.ReadVerdict.Aborted;
import io.kvorum.raft.Ready.ReadVerdict.Confirmed;
import io.kvorum.raft.Ready.RefusedProposal;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.Step.AddVoter;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// A group of one, where every rule that protects its only disk shows.
class LoneVoterTest {
  private static final MemberId SELF = new MemberId(7);
  private static final Configuration ALONE = Configuration.ofVoters(List.of(SELF));
  private static final RaftOptions OPTIONS = RaftOptions.defaults();

  private final SimulatedMember member = new SimulatedMember(SELF, OPTIONS, ALONE);

  /// D1, E4: no timeout is waited for, but the own vote counts only when durable.
  @Test
  void fresh_starts_isCandidateUntilItsOwnVoteIsDurable() {
    assertThat(member.role().role()).isEqualTo(RoleKind.CANDIDATE);
    assertThat(member.unsynced()).hasSize(1);
    assertThat(member.unsynced().getFirst().hardState().orElseThrow())
        .isEqualTo(new HardState(new Ballot(2, Optional.of(SELF)), 1));

    member.sync(1);

    assertThat(member.isLeader()).isTrue();
  }

  /// E10, R9, R12: the empty entry, like any other, is committed and handed out only when durable.
  @Test
  void newLeader_emptyEntrySynced_commitsAndHandsItOut() {
    member.sync(1);
    assertThat(member.core().lastIndex()).isEqualTo(2);
    assertThat(member.core().commitIndex()).isEqualTo(1);

    member.sync(1);

    assertThat(member.core().commitIndex()).isEqualTo(2);
    assertThat(member.committed)
        .containsExactly(new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY));
  }

  /// R11: one command for everything that was stepped together.
  @Test
  void leader_severalProposalsInOneDrain_becomeOneCommand() {
    lead();

    member.stepTogether(List.of(proposal(1, "a"), proposal(2, "b"), proposal(3, "c")));

    assertThat(member.unsynced()).hasSize(1);
    assertThat(member.unsynced().getFirst().entries())
        .extracting(entry -> entry.payload().toStringUtf8())
        .containsExactly("a", "b", "c");
  }

  /// A1, R9: several commands under way; each completion commits exactly its own prefix.
  @Test
  void commandsUnderWay_completeOneByOne_commitOneByOne() {
    lead();
    member.propose(1, "a");
    member.propose(2, "b");
    member.propose(3, "c");
    assertThat(member.unsynced()).extracting(Persist::sequence).containsExactly(3L, 4L, 5L);

    member.sync(1);
    long afterFirst = member.core().commitIndex();
    member.sync(2);

    assertThat(afterFirst).isEqualTo(3);
    assertThat(member.core().commitIndex()).isEqualTo(5);
  }

  /// The storage queue is bounded; what does not fit joins the next command.
  @Test
  void storageFull_moreProposals_waitAndShareOneCommand() {
    lead();
    int limit = OPTIONS.limits().outstandingWrites();

    for (int i = 0; i < limit + 5; i++) {
      member.propose(i, "p" + i);
    }
    int underWay = member.unsynced().size();
    member.sync(1);

    assertThat(underWay).isEqualTo(limit);
    assertThat(member.unsynced().getLast().entries()).hasSize(5);
  }

  /// A command is cut at its byte limit; the rest follows in the next one, nothing is lost.
  @Test
  void batchBeyondTheWriteLimit_drained_isCutIntoCommands() {
    SimulatedMember narrow = new SimulatedMember(SELF, withWriteBytes(10), ALONE);
    narrow.syncAll();

    narrow.stepTogether(List.of(proposal(1, "aaaaaaa"), proposal(2, "bbbbbbb"), proposal(3, "c")));

    assertThat(narrow.unsynced())
        .extracting(command -> command.entries().size())
        .containsExactly(1, 2);
  }

  /// RI1, D2: the commit index recovered from disk may lag what was acknowledged.
  @Test
  void readBeforeTheFirstOwnCommit_waitsForIt() {
    member.sync(1);

    member.step(new Input.ReadIndex(41));
    List<Ready.ReadVerdict> before = List.copyOf(member.reads);
    member.sync(1);

    assertThat(before).isEmpty();
    assertThat(member.reads).containsExactly(new Confirmed(41, 2));
  }

  /// RI2: alone, a round is confirmed as soon as it starts.
  @Test
  void leader_readAsked_confirmsAtTheCommitIndex() {
    lead();
    member.propose(1, "not durable");

    member.step(new Input.ReadIndex(41));

    assertThat(member.reads).containsExactly(new Confirmed(41, 2));
  }

  /// RI6: nobody to ask.
  @Test
  void candidate_readAsked_abortsAtOnce() {
    member.step(new Input.ReadIndex(41));

    assertThat(member.reads).containsExactly(new Aborted(41));
  }

  /// RI5: the queue is bounded.
  @Test
  void parkedReadsAtTheLimit_anotherRead_isAborted() {
    SimulatedMember tight = new SimulatedMember(SELF, withPendingReads(2), ALONE);
    tight.sync(1);

    tight.step(new Input.ReadIndex(1));
    tight.step(new Input.ReadIndex(2));
    tight.step(new Input.ReadIndex(3));

    assertThat(tight.reads).containsExactly(new Aborted(3));
  }

  /// RI5: a member that stops leaves no read without an answer.
  @Test
  void parkedRead_memberStops_isAborted() {
    member.sync(1);
    member.step(new Input.ReadIndex(41));

    member.step(new Input.Stop());

    assertThat(member.reads).containsExactly(new Aborted(41));
    assertThat(member.role().leader()).isEmpty();
  }

  /// B1: the limit counts accepted payload until it is applied; an empty store takes any size.
  @Test
  void uncommittedLimitReached_proposalIsRefusedUntilApplied() {
    SimulatedMember tight = new SimulatedMember(SELF, withUncommittedBytes(10), ALONE);
    tight.syncAll();
    tight.applyAll();

    tight.propose(1, "longer than the limit");
    tight.propose(2, "x");
    tight.step(new Input.Propose(3, ByteString.EMPTY));
    tight.syncAll();
    tight.propose(4, "y");
    tight.applyAll();
    tight.propose(5, "z");

    assertThat(tight.refusals)
        .containsExactly(
            new RefusedProposal(2, ProposalRefusal.UNCOMMITTED_LIMIT),
            new RefusedProposal(4, ProposalRefusal.UNCOMMITTED_LIMIT));
  }

  /// R12: unacknowledged payload is bounded, but at least one entry is handed out.
  @Test
  void applyLimitReached_restIsHandedOutAsItIsApplied() {
    SimulatedMember tight = new SimulatedMember(SELF, withApplyBytes(8), ALONE);
    tight.syncAll();
    tight.applyAll();
    tight.committed.clear();

    tight.stepTogether(List.of(proposal(1, "1234567890"), proposal(2, "abcd"), proposal(3, "efg")));
    tight.syncAll();
    int first = tight.committed.size();
    tight.applyAll();

    assertThat(first).isEqualTo(1);
    assertThat(tight.committed).hasSize(3);
  }

  @Test
  void candidate_proposal_isRefused() {
    member.propose(17, "early");

    assertThat(member.refusals).containsExactly(new RefusedProposal(17, ProposalRefusal.NO_LEADER));
  }

  /// RC5: applied entries are never handed out again, recovered commits are at once.
  @Test
  void restart_committedAndUnapplied_areHandedOutAfterTheAppliedIndex() {
    lead();
    member.applyAll();
    member.flush();
    member.stepTogether(List.of(proposal(1, "a"), proposal(2, "b")));
    member.syncAll();
    member.propose(3, "carries the commit index of b");
    member.syncAll();
    member.committed.clear();

    member.crash();

    assertThat(member.committed).extracting(Entry::index).containsExactly(3L, 4L);
  }

  /// D2 after restart: an acknowledged write beyond the recorded commit index is read.
  @Test
  void restart_readAsked_seesWhatWasAcknowledgedBefore() {
    lead();
    member.propose(1, "acknowledged");
    member.syncAll();
    assertThat(member.durableState().commitIndex()).isLessThan(3);

    member.crash();
    member.sync(1);
    member.step(new Input.ReadIndex(41));
    member.syncAll();

    assertThat(member.reads).containsExactly(new Confirmed(41, 4));
  }

  /// D1: a vote that was not durable may be given again, one that was never in the same term.
  @Test
  void crashedCandidate_restarts_neverLeadsADurableTermAgain() {
    member.crash();
    long afterLostVote = member.role().term();
    member.sync(1);
    member.crash();

    assertThat(afterLostVote).isEqualTo(2);
    assertThat(member.role().term()).isEqualTo(3);
  }

  /// E2 on every trigger: no campaign before a committed configuration is applied.
  @Test
  void restartWithACommittedConfigurationChange_campaignsOnlyWhenItIsApplied() {
    List<Entry> entries =
        List.of(
            new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY),
            new Entry(new EntryId(2, 3), EntryKind.CONFIGURATION, ByteString.copyFromUtf8("c")));
    SimulatedMember restarted =
        new SimulatedMember(
            SELF, OPTIONS, ALONE, entries, new HardState(new Ballot(2, Optional.of(SELF)), 3));
    for (int i = 0; i < 3 * OPTIONS.election().timeoutTicks(); i++) {
      restarted.step(new Input.Tick());
    }
    RoleKind before = restarted.role().role();

    restarted.step(new Input.ConfigurationApplied(3, ALONE));
    restarted.applyAll();

    assertThat(before).isEqualTo(RoleKind.FOLLOWER);
    assertThat(restarted.role().role()).isEqualTo(RoleKind.CANDIDATE);
  }

  /// RC4, M8: the earlier of two configuration entries must have been committed.
  @Test
  void restartWithTwoConfigurationEntries_theFirstIsCommitted() {
    List<Entry> entries =
        List.of(
            new Entry(new EntryId(2, 2), EntryKind.CONFIGURATION, ByteString.copyFromUtf8("a")),
            new Entry(new EntryId(2, 3), EntryKind.CONFIGURATION, ByteString.copyFromUtf8("b")));

    SimulatedMember restarted =
        new SimulatedMember(
            SELF, OPTIONS, ALONE, entries, new HardState(new Ballot(2, Optional.of(SELF)), 1));

    assertThat(restarted.core().commitIndex()).isEqualTo(2);
  }

  /// M3: one change at a time, until it is applied; and no leaving without a joint configuration.
  @Test
  void changeUnderWay_anotherChange_isRefusedUntilApplied() {
    lead();
    ConfigChange learner =
        new Alter(List.of(new ConfigChange.Step.AddLearner(new MemberId(8))), Transition.AUTOMATIC);
    member.applyAll();

    member.step(new Input.ProposeChange(2, learner, ByteString.copyFromUtf8("first")));
    member.step(new Input.ProposeChange(3, learner, ByteString.copyFromUtf8("second")));
    member.syncAll();
    member.step(
        new Input.ConfigurationApplied(
            3, Configuration.of(List.of(SELF), List.of(new MemberId(8)))));
    member.applyAll();
    member.step(new Input.ProposeChange(4, new ConfigChange.LeaveJoint(), ByteString.EMPTY));

    assertThat(member.refusals)
        .containsExactly(
            new RefusedProposal(3, ProposalRefusal.CHANGE_PENDING),
            new RefusedProposal(4, ProposalRefusal.CHANGE_ILLEGAL));
  }

  /// R9: once a second voter is in force, the own disk alone commits nothing any more.
  @Test
  void secondVoterApplied_proposal_needsItsAcknowledgement() {
    lead();
    member.applyAll();
    ConfigChange change = new Alter(List.of(new AddVoter(new MemberId(8))), Transition.AUTOMATIC);
    member.step(new Input.ProposeChange(1, change, ByteString.copyFromUtf8("add")));
    member.syncAll();
    member.step(
        new Input.ConfigurationApplied(3, Configuration.ofVoters(List.of(SELF, new MemberId(8)))));
    member.applyAll();

    member.propose(2, "shared");
    member.syncAll();

    assertThat(member.core().commitIndex()).isEqualTo(3);
  }

  /// S10, §3.2: the marker is durable before the prefix goes, and the tail stays.
  @Test
  void stateDurable_markerSynced_dropsThePrefixBehindTheTail() {
    SimulatedMember small =
        new SimulatedMember(SELF, OPTIONS.withTail(new RaftOptions.Tail(4, 1 << 20)), ALONE);
    small.syncAll();
    for (int i = 0; i < 20; i++) {
      small.propose(i, "v" + i);
    }
    small.syncAll();
    small.applyAll();

    small.flushAndDrop();
    EntryId beforeTheMarker = small.base();
    small.syncAll();

    assertThat(beforeTheMarker).isEqualTo(new EntryId(1, 1));
    assertThat(small.durableMarker()).contains(new SnapshotMarker(new EntryId(2, 18), ALONE));
    assertThat(small.base()).isEqualTo(new EntryId(2, 18));
  }

  /// RC2: what was committed or applied must still be there.
  @Test
  void logEndsBeforeTheCommit_start_isRefused() {
    StartState lost =
        new StartState(
            new HardState(new Ballot(3, Optional.empty()), 9),
            new EntryId(1, 1),
            List.of(),
            new EntryId(1, 1),
            new EntryId(1, 1),
            List.of(),
            ALONE);

    assertStartRefused(lost, "durable entries are lost");
  }

  @Test
  void logEndsBeforeTheState_start_isRefused() {
    StartState lost =
        new StartState(
            new HardState(new Ballot(3, Optional.empty()), 1),
            new EntryId(1, 1),
            List.of(),
            new EntryId(1, 1),
            new EntryId(2, 17),
            List.of(),
            ALONE);

    assertStartRefused(lost, "durable entries are lost");
  }

  @Test
  void stateFromAnotherHistory_start_isRefused() {
    StartState foreign =
        new StartState(
            new HardState(new Ballot(5, Optional.empty()), 1),
            new EntryId(1, 1),
            List.of(new EntryId(3, 2)),
            new EntryId(3, 2),
            new EntryId(2, 2),
            List.of(),
            ALONE);

    assertStartRefused(foreign, "the log holds 3/2 there");
  }

  @Test
  void logBeginsAfterTheState_start_isRefused() {
    StartState gap =
        new StartState(
            new HardState(new Ballot(3, Optional.empty()), 1),
            new EntryId(2, 30),
            List.of(),
            new EntryId(2, 30),
            new EntryId(2, 17),
            List.of(),
            ALONE);

    assertStartRefused(gap, "the log begins after entry 2/30");
  }

  /// RC3.
  @Test
  void termBehindTheLog_start_isRefused() {
    StartState forgotten =
        new StartState(
            new HardState(new Ballot(2, Optional.empty()), 1),
            new EntryId(1, 1),
            List.of(),
            new EntryId(3, 2),
            new EntryId(1, 1),
            List.of(new Entry(new EntryId(3, 2), EntryKind.NORMAL, ByteString.EMPTY)),
            ALONE);

    assertStartRefused(forgotten, "the recorded term is only 2");
  }

  /// I6 in production: an applier that runs ahead is a broken program.
  @Test
  void appliedBeyondWhatWasHandedOut_reported_isFatal() {
    lead();

    assertThatThrownBy(() -> member.step(new Input.Applied(17)))
        .isInstanceOf(InvariantViolation.class);
  }

  /// T3: a message to somebody else changes nothing.
  @Test
  void messageToAnotherMember_received_isIgnored() {
    lead();
    Envelope stray =
        new Envelope(new MemberId(8), new MemberId(9), 99, new RaftMessage.Heartbeat(0, 0));

    member.step(new Input.Received(stray));

    assertThat(member.role().term()).isEqualTo(2);
  }

  private void lead() {
    member.syncAll();
    assertThat(member.isLeader()).isTrue();
  }

  private static void assertStartRefused(StartState start, String reason) {
    assertThatThrownBy(() -> new RaftCore(SELF, OPTIONS, start, new java.util.SplittableRandom(1)))
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(reason);
  }

  private static Input proposal(long token, String text) {
    return new Input.Propose(token, ByteString.copyFromUtf8(text));
  }

  private static RaftOptions withWriteBytes(long bytes) {
    return OPTIONS.withLimits(new RaftOptions.Limits(1 << 20, 1 << 20, 100, 8, bytes));
  }

  private static RaftOptions withPendingReads(int reads) {
    return OPTIONS.withLimits(new RaftOptions.Limits(1 << 20, 1 << 20, reads, 8, 1 << 20));
  }

  private static RaftOptions withUncommittedBytes(long bytes) {
    return OPTIONS.withLimits(new RaftOptions.Limits(bytes, 1 << 20, 100, 8, 1 << 20));
  }

  private static RaftOptions withApplyBytes(long bytes) {
    return OPTIONS.withLimits(new RaftOptions.Limits(1 << 20, bytes, 100, 8, 1 << 20));
  }
}
