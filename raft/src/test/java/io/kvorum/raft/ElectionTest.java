package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply.Matched;
import io.kvorum.raft.RaftMessage.ForwardedProposal;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.Ready.ReadVerdict.Aborted;
import io.kvorum.raft.Ready.ReadVerdict.Confirmed;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// One voter of three against scripted peers: campaigns, votes, giving way, and what a leader may
/// do with and without its quorum.
class ElectionTest {
  private static final MemberId SELF = new MemberId(1);
  private static final MemberId SECOND = new MemberId(2);
  private static final MemberId THIRD = new MemberId(3);
  private static final EntryId BASE = new EntryId(1, 1);
  private static final int ELECTION_TICKS = RaftOptions.defaults().election().timeoutTicks();

  private final SimulatedMember member =
      new SimulatedMember(
          SELF, RaftOptions.defaults(), Configuration.ofVoters(List.of(SELF, SECOND, THIRD)));

  /// E3: asking costs nobody anything; term and vote stay.
  @Test
  void timeout_elapses_asksForPreVotesOfTheNextTerm() {
    tick(2 * ELECTION_TICKS);

    assertThat(member.role().role()).isEqualTo(RoleKind.PRE_CANDIDATE);
    assertThat(member.role().term()).isEqualTo(1);
    assertThat(member.takeSent())
        .contains(new Envelope(SELF, SECOND, 2, new PreVoteRequest(BASE, BASE)))
        .contains(new Envelope(SELF, THIRD, 2, new PreVoteRequest(BASE, BASE)));
    assertThat(member.unsynced()).isEmpty();
  }

  /// D1, E4: the requests leave with the own vote on the disk.
  @Test
  void preVoteWon_requestsLeaveOnceTheOwnVoteIsDurable() {
    tick(2 * ELECTION_TICKS);
    member.takeSent();

    receive(SECOND, 2, new PreVoteReply(Answer.GRANTED, BASE));
    List<Envelope> before = member.takeSent();
    member.syncAll();

    assertThat(before).isEmpty();
    assertThat(member.takeSent())
        .contains(new Envelope(SELF, SECOND, 2, new VoteRequest(BASE, BASE, Cause.TIMEOUT)));
    assertThat(member.role().role()).isEqualTo(RoleKind.CANDIDATE);
  }

  /// E3, E6: a majority against ends the question in the same term.
  @Test
  void preVoteRefusedByMost_member_staysFollowerOfItsTerm() {
    tick(2 * ELECTION_TICKS);

    receive(SECOND, 1, new PreVoteReply(Answer.REFUSED, BASE));
    receive(THIRD, 1, new PreVoteReply(Answer.REFUSED, BASE));

    assertThat(member.role().role()).isEqualTo(RoleKind.FOLLOWER);
    assertThat(member.role().term()).isEqualTo(1);
  }

  /// E10, E4: the majority includes the own vote; the empty entry goes out at once.
  @Test
  void voteGranted_winner_replicatesAnEmptyEntry() {
    lead();

    assertThat(member.takeSent())
        .extracting(Envelope::message)
        .contains(
            new AppendEntries(
                BASE,
                List.of(new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY)),
                1));
  }

  /// R9, I8: an earlier own sync is not needed for the commit, but for the own apply (R12).
  @Test
  void peersAckBeforeTheOwnSync_commits_butHandsOutOnlyWhenDurable() {
    lead();

    receive(SECOND, 2, new Matched(2));
    receive(THIRD, 2, new Matched(2));
    List<Entry> before = List.copyOf(member.committed);
    long commit = member.core().commitIndex();
    member.syncAll();

    assertThat(commit).isEqualTo(2);
    assertThat(before).isEmpty();
    assertThat(member.committed).extracting(Entry::index).containsExactly(2L);
  }

  /// E5, E6: a vote leaves with its record, and is not given twice.
  @Test
  void voteAsked_grantedOncePerTerm_afterItIsDurable() {
    receive(SECOND, 3, new VoteRequest(new EntryId(2, 9), BASE, Cause.TIMEOUT));
    List<Envelope> before = member.takeSent();
    member.syncAll();
    List<Envelope> granted = member.takeSent();
    receive(THIRD, 3, new VoteRequest(new EntryId(2, 9), BASE, Cause.TIMEOUT));
    receive(SECOND, 3, new VoteRequest(new EntryId(2, 9), BASE, Cause.TIMEOUT));

    assertThat(before).isEmpty();
    assertThat(granted)
        .containsExactly(new Envelope(SELF, SECOND, 3, new VoteReply(Answer.GRANTED, BASE)));
    assertThat(member.takeSent())
        .containsExactly(
            new Envelope(SELF, THIRD, 3, new VoteReply(Answer.REFUSED, BASE)),
            new Envelope(SELF, SECOND, 3, new VoteReply(Answer.GRANTED, BASE)));
  }

  /// T4: stepping down inside a term keeps the vote.
  @Test
  void candidateThatLost_voteAskedInTheSameTerm_staysWithItsVote() {
    tick(2 * ELECTION_TICKS);
    receive(SECOND, 2, new PreVoteReply(Answer.GRANTED, BASE));
    member.syncAll();
    receive(SECOND, 2, new VoteReply(Answer.REFUSED, BASE));
    receive(THIRD, 2, new VoteReply(Answer.REFUSED, BASE));
    member.takeSent();

    receive(THIRD, 2, new VoteRequest(new EntryId(1, 9), BASE, Cause.TIMEOUT));
    member.syncAll();

    assertThat(member.role().role()).isEqualTo(RoleKind.FOLLOWER);
    assertThat(member.takeSent())
        .containsExactly(new Envelope(SELF, THIRD, 2, new VoteReply(Answer.REFUSED, BASE)));
  }

  /// E7: while a leader is heard, nobody may disturb.
  @Test
  void leaderHeardLately_voteAsked_isIgnored() {
    receive(SECOND, 2, new Heartbeat(1, 0));
    member.syncAll();
    member.takeSent();

    receive(THIRD, 9, new VoteRequest(new EntryId(8, 90), BASE, Cause.TIMEOUT));
    receive(THIRD, 9, new PreVoteRequest(new EntryId(8, 90), BASE));
    member.syncAll();

    assertThat(member.takeSent()).isEmpty();
    assertThat(member.role().term()).isEqualTo(2);
  }

  /// E7: silence ends the protection.
  @Test
  void leaderSilentForAnElectionTimeout_preVoteAsked_isGranted() {
    receive(SECOND, 2, new Heartbeat(1, 0));
    member.syncAll();
    tick(ELECTION_TICKS);
    member.takeSent();

    receive(THIRD, 3, new PreVoteRequest(new EntryId(2, 9), BASE));
    member.syncAll();

    assertThat(member.takeSent())
        .contains(new Envelope(SELF, THIRD, 3, new PreVoteReply(Answer.GRANTED, BASE)));
  }

  /// E8: no quorum heard for an election timeout, no leader.
  @Test
  void leaderWithoutAnswers_electionTimeoutTwice_stepsDownInItsTerm() {
    lead();

    tick(2 * ELECTION_TICKS);

    assertThat(member.role().role()).isNotEqualTo(RoleKind.LEADER);
    assertThat(member.role().term()).isEqualTo(2);
  }

  /// E8: one of two peers is enough.
  @Test
  void leaderWithOneAnsweringPeer_staysLeader() {
    lead();

    for (int i = 0; i < 5 * ELECTION_TICKS; i++) {
      tick(1);
      receive(SECOND, 2, new HeartbeatReply(0));
    }

    assertThat(member.isLeader()).isTrue();
  }

  /// RI2, RI4: only a round that started after the read confirms it.
  @Test
  void leader_readAsked_needsAQuorumOfALaterRound() {
    leadAndCommit();
    member.step(new Input.ReadIndex(41));
    List<Envelope> asked = member.takeSent();
    member.step(new Input.ReadIndex(42));

    receive(SECOND, 2, new HeartbeatReply(1));

    assertThat(asked).contains(new Envelope(SELF, SECOND, 2, new Heartbeat(2, 1)));
    assertThat(member.reads).containsExactly(new Confirmed(41, 2));
  }

  /// RI5.
  @Test
  void openRead_higherTermSeen_isAborted() {
    leadAndCommit();
    member.step(new Input.ReadIndex(41));

    receive(THIRD, 5, new Heartbeat(1, 0));

    assertThat(member.reads).containsExactly(new Aborted(41));
    assertThat(member.role().leader()).contains(THIRD);
  }

  /// RI6: the answer is taken once, and the token dies with the leader.
  @Test
  void follower_readAsked_isForwardedAndAnsweredOnce() {
    receive(SECOND, 2, new Heartbeat(1, 0));
    member.takeSent();

    member.step(new Input.ReadIndex(41));
    member.step(new Input.ReadIndex(42));
    List<Envelope> asked = member.takeSent();
    receive(SECOND, 2, new ReadIndexReply(41, 17));
    receive(SECOND, 2, new ReadIndexReply(41, 18));
    receive(THIRD, 3, new Heartbeat(1, 0));
    receive(THIRD, 3, new ReadIndexReply(42, 19));

    assertThat(asked).contains(new Envelope(SELF, SECOND, 2, new ReadIndexRequest(41)));
    assertThat(member.reads).containsExactly(new Confirmed(41, 17), new Aborted(42));
  }

  /// B2.
  @Test
  void follower_proposal_isForwardedOnceAndRefusedWhenRefused() {
    receive(SECOND, 2, new Heartbeat(1, 0));
    member.takeSent();

    member.propose(17, "x");
    List<Envelope> asked = member.takeSent();
    receive(
        SECOND, 2, new RaftMessage.ForwardedProposalRefused(17, ProposalRefusal.UNCOMMITTED_LIMIT));

    assertThat(asked)
        .containsExactly(
            new Envelope(SELF, SECOND, 2, new ForwardedProposal(17, ByteString.copyFromUtf8("x"))));
    assertThat(member.refusals)
        .containsExactly(new Ready.RefusedProposal(17, ProposalRefusal.UNCOMMITTED_LIMIT));
  }

  /// M9: a member without a leader learns of a commit from whoever speaks of an election.
  @Test
  void followerWithoutLeader_voteAskedWithACommitItHolds_commits() {
    SimulatedMember behind =
        new SimulatedMember(
            SELF,
            RaftOptions.defaults(),
            Configuration.ofVoters(List.of(SELF, SECOND, THIRD)),
            List.of(new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY)),
            new HardState(new Ballot(2, Optional.empty()), 1));

    behind.step(
        new Input.Received(
            new Envelope(
                THIRD,
                SELF,
                3,
                new VoteRequest(new EntryId(1, 1), new EntryId(2, 2), Cause.TIMEOUT))));

    assertThat(behind.core().commitIndex()).isEqualTo(2);
  }

  /// M9: a member that was removed, and alone knows it, stays in its term and refuses the others'
  /// pre-votes; they need what it knows.
  @Test
  void preVoteRefusedByAnEarlierTerm_withACommitItHolds_commits() {
    SimulatedMember unaware =
        new SimulatedMember(
            SELF,
            RaftOptions.defaults(),
            Configuration.ofVoters(List.of(SELF, SECOND, THIRD)),
            List.of(new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY)),
            new HardState(new Ballot(3, Optional.empty()), 1));

    unaware.step(
        new Input.Received(
            new Envelope(THIRD, SELF, 2, new PreVoteReply(Answer.REFUSED, new EntryId(2, 2)))));

    assertThat(unaware.core().commitIndex()).isEqualTo(2);
  }

  private void lead() {
    tick(2 * ELECTION_TICKS);
    receive(SECOND, 2, new PreVoteReply(Answer.GRANTED, BASE));
    member.syncAll();
    member.takeSent();
    receive(SECOND, 2, new VoteReply(Answer.GRANTED, BASE));
    assertThat(member.isLeader()).isTrue();
  }

  private void leadAndCommit() {
    lead();
    member.syncAll();
    receive(SECOND, 2, new Matched(2));
    member.takeSent();
  }

  private void tick(int count) {
    for (int i = 0; i < count && member.role().role() != RoleKind.PRE_CANDIDATE; i++) {
      member.step(new Input.Tick());
    }
  }

  private void receive(MemberId from, long term, RaftMessage message) {
    member.step(new Input.Received(new Envelope(from, SELF, term, message)));
  }
}
