package io.kvorum.raft;

import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.AppendReply.Conflict;
import io.kvorum.raft.RaftMessage.AppendReply.Matched;
import io.kvorum.raft.RaftMessage.AppendReply.Outdated;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.Ready.LogRead;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.membership.MemberId;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// A leader's side of replication: the progress of every other member, and the appends and
/// heartbeats that move it (Raft §5.3).
final class Followers {
  private final MemberState state;
  private final NavigableMap<MemberId, FollowerProgress> progress = new TreeMap<>();

  Followers(MemberState state) {
    this.state = state;
    followMembership();
  }

  /// Starts with the members that came and forgets those that left the configuration.
  void followMembership() {
    var members = state.configuration().members();
    progress.keySet().removeIf(member -> !members.contains(member));
    for (MemberId member : members) {
      if (!member.equals(state.self())) {
        progress.computeIfAbsent(
            member,
            _ -> new FollowerProgress(state.options().replication(), state.log().lastIndex() + 1));
      }
    }
  }

  NavigableMap<MemberId, PeerProgress> view() {
    NavigableMap<MemberId, PeerProgress> view = new TreeMap<>();
    progress.forEach((member, known) -> view.put(member, known.view()));
    return view;
  }

  Optional<FollowerProgress> of(MemberId member) {
    return Optional.ofNullable(progress.get(member));
  }

  /// What `member` is known to hold durably; this member's own part is what storage reported.
  long matchIndex(MemberId member) {
    if (member.equals(state.self())) {
      return state.writes().durableIndex();
    }
    FollowerProgress known = progress.get(member);
    return known == null ? 0 : known.matchIndex();
  }

  long confirmedRound(MemberId member, long ownRound) {
    if (member.equals(state.self())) {
      return ownRound;
    }
    FollowerProgress known = progress.get(member);
    return known == null ? 0 : known.confirmedRound();
  }

  /// Whether a quorum was heard since the last call (E8).
  boolean takeQuorumWasActive() {
    boolean wasActive =
        state
            .quorum()
            .isReachedBy(
                member ->
                    member.equals(state.self())
                        || of(member).filter(FollowerProgress::isRecentlyActive).isPresent());
    progress.values().forEach(FollowerProgress::clearActive);
    return wasActive;
  }

  /// Sends every member what it may be sent now: entries, or the news of the commit (R10, R11).
  void replicate() {
    long last = state.log().lastIndex();
    long commit = state.commits().committed();
    progress.forEach(
        (member, known) -> {
          boolean isSent = true;
          while (isSent
              && !known.isPaused()
              && ((known.nextIndex() <= last && known.hasRoom()) || known.lacksCommit(commit))) {
            isSent = append(member, known);
          }
        });
  }

  void heartbeat(long readRound) {
    long commit = state.commits().committed();
    progress.forEach(
        (member, known) ->
            state.send(member, new Heartbeat(Math.min(known.matchIndex(), commit), readRound)));
  }

  /// Takes an answer about the log; returns whether it may move the commit index.
  boolean answered(FollowerProgress known, AppendReply reply) {
    return switch (reply) {
      case Matched(var matchIndex) ->
          matchIndex <= state.log().lastIndex()
              && known.matched(matchIndex, state.log().base().index());
      case Conflict(var rejectedIndex, var probeAt) -> {
        known.rejected(rejectedIndex, agreeingIndex(probeAt));
        yield false;
      }
      case Outdated() -> false;
    };
  }

  /// A heartbeat was answered: lost appends are repeated, a lagging member is probed (R2, R3, R5).
  void heartbeatAnswered(MemberId member, FollowerProgress known, long readRound) {
    known.heartbeatAnswered(readRound);
    if (known.needsAppend(state.log().lastIndex()) && !known.isPaused()) {
      append(member, known);
    }
  }

  /// The last index where this log may agree with a member whose log has `probeAt` (R7). If
  /// everything retained is of later terms, the logs part somewhere in the dropped prefix.
  private long agreeingIndex(EntryId probeAt) {
    LogView log = state.log();
    EntryId base = log.base();
    return probeAt.index() < base.index() || probeAt.term() < base.term()
        ? Math.min(probeAt.index(), base.index() - 1)
        : log.lastAtMost(probeAt.index(), probeAt.term()).index();
  }

  /// Entries come from a read of the log.
  void logRead(LogRead read, List<Entry> entries) {
    FollowerProgress known = progress.get(read.follower());
    if (known != null
        && known.readDone(read.fromIndex())
        && !entries.isEmpty()
        && state.log().isRetained(read.fromIndex() - 1)) {
      append(read.follower(), known, entries);
    }
  }

  /// A snapshot for `peer` is at hand.
  void snapshotReady(MemberId peer, SnapshotMarker snapshot) {
    FollowerProgress known = progress.get(peer);
    long index = snapshot.id().index();
    if (known != null
        && known.needsSnapshot(index, state.log().base().index())
        && snapshot.configuration().members().contains(peer)) {
      known.snapshotStarted(index);
      state.send(peer, new SnapshotOffer(snapshot));
    }
  }

  /// The voter whose log agrees with ours the furthest.
  Optional<MemberId> mostAdvancedVoter() {
    return progress.keySet().stream()
        .filter(state.configuration()::isVoter)
        .max(Comparator.comparingLong(this::matchIndex));
  }

  /// Returns whether something was sent. Nothing is if the entries have to be read first, or if
  /// they are dropped: then only a snapshot can help, for a member that lives (S1).
  private boolean append(MemberId member, FollowerProgress known) {
    LogView log = state.log();
    long next = known.nextIndex();
    long end = log.lastIndex() + 1;
    long maxBytes = state.options().replication().appendBytes();
    if (!log.isRetained(next - 1)) {
      if (known.isRecentlyActive()) {
        known.snapshotWanted();
        state.outbox().wantSnapshot(new SnapshotWanted(member, state.term(), log.base().index()));
      }
      return false;
    }
    if (!known.hasRoom() || next == end) {
      append(member, known, List.of());
      return true;
    }
    if (log.isInWindow(next)) {
      append(member, known, log.slice(next, end, maxBytes));
      return true;
    }
    known.readStarted();
    state.outbox().readLog(new LogRead(member, state.term(), next, log.evictedTo() + 1, maxBytes));
    return false;
  }

  private void append(MemberId member, FollowerProgress known, List<Entry> entries) {
    long commit = state.commits().committed();
    EntryId previous = state.log().idAt(known.nextIndex() - 1);
    state.send(member, new AppendEntries(previous, entries, commit));
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.payloadBytes();
    }
    known.sent(entries.size(), bytes, commit);
  }
}
