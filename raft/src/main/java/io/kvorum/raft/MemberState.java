package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.Optional;

/// What outlives every role: ballot, log, configuration, and how far each is written, committed and
/// applied. Roles work on it and leave what they decided in its outbox.
final class MemberState {
  private final MemberId self;
  private final RaftOptions options;
  private final LogView log;
  private final WriteLedger writes;
  private final CommitCursor commits;
  private final HeldMessages held = new HeldMessages();
  private final Outbox outbox = new Outbox();
  private Ballot ballot;
  private Configuration configuration;
  private Quorum quorum;
  private long configurationIndex;

  MemberState(MemberId self, RaftOptions options, StartState start, LogView log) {
    this.self = self;
    this.options = options;
    this.log = log;
    long committed = start.commitIndex(log);
    this.ballot = start.hardState().ballot();
    this.writes = new WriteLedger(log, ballot, options.limits());
    this.commits = new CommitCursor(log, options.limits(), committed, start.applied().index());
    this.configuration = start.configuration();
    this.configurationIndex = start.applied().index();
    this.quorum = Quorum.of(configuration);
  }

  MemberId self() {
    return self;
  }

  RaftOptions options() {
    return options;
  }

  LogView log() {
    return log;
  }

  WriteLedger writes() {
    return writes;
  }

  CommitCursor commits() {
    return commits;
  }

  HeldMessages held() {
    return held;
  }

  Outbox outbox() {
    return outbox;
  }

  long term() {
    return ballot.term();
  }

  Ballot ballot() {
    return ballot;
  }

  /// Enters a later term, without a vote. Within a term a vote is never taken back (T4).
  void enterTerm(long term) {
    Invariant.check(term > ballot.term(), "term %d after %d", term, ballot.term());
    ballot = new Ballot(term, Optional.empty());
  }

  void voteFor(MemberId candidate) {
    Invariant.check(
        ballot.vote().isEmpty() || ballot.vote().get().equals(candidate),
        "second vote in term %d",
        ballot.term());
    ballot = new Ballot(ballot.term(), Optional.of(candidate));
  }

  Configuration configuration() {
    return configuration;
  }

  /// Where the configuration in force comes from, or an applied index after that.
  long configurationIndex() {
    return configurationIndex;
  }

  Quorum quorum() {
    return quorum;
  }

  void configure(long index, Configuration applied) {
    Invariant.check(
        index > configurationIndex, "configuration of %d after %d", index, configurationIndex);
    configuration = applied;
    configurationIndex = index;
    quorum = Quorum.of(applied);
  }

  /// Puts a snapshot in place of the whole log, a suffix included, and returns the storage command
  /// that will record it. Its configuration is in force at once; nobody is asked to apply anything
  /// until the state machine has taken it over (S5, A5).
  long replaceLog(SnapshotMarker snapshot) {
    long index = snapshot.id().index();
    log.replaceWith(snapshot.id());
    held.truncatedTo(index);
    commits.install(index);
    configure(index, snapshot.configuration());
    return writes.replacedBy(snapshot);
  }

  /// Sends what promises nothing about this member's disk.
  void send(MemberId to, RaftMessage message) {
    outbox.send(new Envelope(self, to, term(), message));
  }

  /// Sends once everything this member is now, on its log and ballot, is durable (raft.md §3.2).
  void sendWhenDurable(MemberId to, RaftMessage message) {
    sendWhenDurable(new Envelope(self, to, term(), message));
  }

  void sendWhenDurable(Envelope envelope) {
    if (writes.isDirty(ballot)) {
      held.holdUntilWritten(envelope, log.lastIndex());
    } else if (writes.completedSequence() < writes.lastSequence()) {
      held.holdUntilCompleted(envelope, writes.lastSequence());
    } else {
      outbox.send(envelope);
    }
  }
}
