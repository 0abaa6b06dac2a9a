package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.AppendReply.Conflict;
import io.kvorum.raft.RaftMessage.AppendReply.Matched;
import io.kvorum.raft.RaftMessage.AppendReply.Outdated;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What a follower of three does with a leader's messages (R6, R7, T2, A2, S2).
class FollowerLogTest {
  private static final MemberId SELF = new MemberId(1);
  private static final MemberId LEADER = new MemberId(2);
  private static final Configuration THREE =
      Configuration.ofVoters(List.of(SELF, LEADER, new MemberId(3)));

  /// Log 2/2 3/3 3/4 5/5, committed to 2.
  private final SimulatedMember follower =
      new SimulatedMember(
          SELF,
          RaftOptions.defaults(),
          THREE,
          List.of(entry(2, 2), entry(3, 3), entry(3, 4), entry(5, 5)),
          new HardState(new Ballot(5, Optional.empty()), 2));

  /// §3.2: the ack waits for the disk.
  @Test
  void newEntries_appended_areAckedOnlyWhenDurable() {
    append(5, new AppendEntries(new EntryId(5, 5), List.of(entry(5, 6), entry(5, 7)), 5));
    List<Envelope> before = follower.takeSent();
    follower.syncAll();

    assertThat(before).isEmpty();
    assertThat(replies()).containsExactly(new Matched(7));
    assertThat(follower.core().commitIndex()).isEqualTo(5);
  }

  /// R6: a leader that matches a prefix says nothing of the tail behind it.
  @Test
  void divergentTail_emptyAppendBeforeIt_commitsOnlyWhatMatched() {
    append(7, new AppendEntries(new EntryId(3, 3), List.of(), 17));

    assertThat(follower.core().commitIndex()).isEqualTo(3);
    assertThat(follower.core().lastIndex()).isEqualTo(5);
  }

  /// R6: an old duplicate must not shorten the log.
  @Test
  void entriesHeldAlready_appendedAgain_leaveTheRestAlone() {
    append(5, new AppendEntries(new EntryId(2, 2), List.of(entry(3, 3)), 2));

    assertThat(follower.core().lastIndex()).isEqualTo(5);
    assertThat(replies()).containsExactly(new Matched(3));
  }

  @Test
  void conflictingSuffix_appended_isReplaced() {
    append(7, new AppendEntries(new EntryId(3, 3), List.of(entry(7, 4)), 2));
    follower.syncAll();

    assertThat(follower.core().lastIndex()).isEqualTo(4);
    assertThat(follower.holdsDurably(entry(7, 4))).isTrue();
    assertThat(replies()).containsExactly(new Matched(4));
  }

  /// S2: a snapshot that does not name this member would leave it outside of its own group.
  @Test
  void snapshotWithoutThisMember_offered_isRefused() {
    append(
        7,
        new SnapshotOffer(
            new SnapshotMarker(
                new EntryId(7, 40), Configuration.ofVoters(List.of(LEADER, new MemberId(3))))));
    follower.syncAll();

    assertThat(replies()).containsExactly(new Matched(2));
    assertThat(follower.core().lastIndex()).isEqualTo(5);
  }

  /// I25, R6: what is committed is never truncated, whatever an append says.
  @Test
  void committedEntry_contradicted_staysAndTheCommitIsAcked() {
    append(5, new AppendEntries(new EntryId(5, 5), List.of(), 5));
    follower.takeSent();

    append(7, new AppendEntries(new EntryId(3, 4), List.of(entry(7, 5)), 4));

    assertThat(replies()).containsExactly(new Matched(5));
    assertThat(follower.holdsDurably(entry(5, 5))).isTrue();
  }

  /// R6: everything up to the commit is known to match.
  @Test
  void appendBeforeTheCommit_acksTheCommit() {
    append(5, new AppendEntries(new EntryId(1, 1), List.of(entry(2, 2)), 2));

    assertThat(replies()).containsExactly(new Matched(2));
  }

  /// R7: the hint skips everything of a later term than the leader's entry.
  @Test
  void previousOfAnEarlierTerm_appended_isRejectedWithTheLastEntryThatMayMatch() {
    append(7, new AppendEntries(new EntryId(4, 5), List.of(entry(7, 6)), 2));

    assertThat(replies()).containsExactly(new Conflict(5, new EntryId(3, 4)));
  }

  @Test
  void previousBeyondTheLog_appended_isRejectedWithTheEnd() {
    append(7, new AppendEntries(new EntryId(6, 40), List.of(entry(7, 41)), 2));
    follower.syncAll();

    assertThat(replies()).containsExactly(new Conflict(40, new EntryId(5, 5)));
  }

  /// A2: overwriting A by B by A leaves the first completion without meaning for the last.
  @Test
  void suffixOverwrittenTwice_firstWriteCompletes_nothingIsAckedOrApplied() {
    append(6, new AppendEntries(new EntryId(5, 5), List.of(entry(6, 6)), 2));
    append(7, new AppendEntries(new EntryId(5, 5), List.of(entry(7, 6)), 2));
    append(8, new AppendEntries(new EntryId(5, 5), List.of(entry(7, 6), entry(8, 7)), 7));
    follower.takeSent();
    follower.committed.clear();

    follower.sync(1);

    assertThat(follower.committed).extracting(Entry::index).doesNotContain(6L, 7L);
    follower.syncAll();
    assertThat(follower.committed).extracting(Entry::index).endsWith(6L, 7L);
  }

  /// T2: a leader of the past learns that it is one.
  @Test
  void outdatedLeader_heartbeat_isToldTheTerm() {
    append(7, new AppendEntries(new EntryId(5, 5), List.of(), 2));
    follower.syncAll();
    follower.takeSent();

    follower.step(new Input.Received(new Envelope(new MemberId(3), SELF, 6, new Heartbeat(2, 4))));

    assertThat(follower.takeSent())
        .containsExactly(new Envelope(SELF, new MemberId(3), 7, new Outdated()));
  }

  /// E11, RI2: the round comes back at once, whatever the disk does.
  @Test
  void heartbeat_answered_echoesTheRound() {
    follower.step(new Input.Received(new Envelope(LEADER, SELF, 5, new Heartbeat(4, 9))));

    assertThat(follower.takeSent())
        .containsExactly(new Envelope(SELF, LEADER, 5, new HeartbeatReply(9)));
    assertThat(follower.core().commitIndex()).isEqualTo(4);
  }

  private void append(long term, RaftMessage.FromLeader append) {
    follower.step(new Input.Received(new Envelope(LEADER, SELF, term, append)));
  }

  private List<AppendReply> replies() {
    follower.syncAll();
    return follower.takeSent().stream()
        .map(Envelope::message)
        .map(AppendReply.class::cast)
        .toList();
  }

  /// S5, M2: entries that were handed out before a snapshot came are still applied meanwhile.
  @Test
  void snapshotAccepted_olderConfigurationAppliedAfterwards_isOvertaken() {
    append(5, new AppendEntries(new EntryId(5, 5), List.of(entry(5, 6)), 6));
    follower.syncAll();
    Configuration two = Configuration.ofVoters(List.of(SELF, LEADER));
    append(5, new SnapshotOffer(new SnapshotMarker(new EntryId(5, 40), two)));
    follower.syncAll();

    follower.step(new Input.ConfigurationApplied(6, Configuration.ofVoters(List.of(SELF))));
    follower.step(new Input.Applied(6));
    follower.step(new Input.Applied(40));

    assertThat(follower.core().appliedIndex()).isEqualTo(40);
    assertThat(follower.role().role()).isEqualTo(RoleKind.FOLLOWER);
  }

  private static Entry entry(long term, long index) {
    return new Entry(
        new EntryId(term, index), EntryKind.NORMAL, ByteString.copyFromUtf8("at " + index));
  }
}
