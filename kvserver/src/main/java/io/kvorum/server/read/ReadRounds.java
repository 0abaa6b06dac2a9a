package io.kvorum.server.read;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.propose.LoopTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Which reads wait for which ReadIndex round.
///
/// One round is outstanding; what arrives meanwhile joins the next one, because a round vouches
/// only for reads that arrived before it was asked (raft.md RI2). A method that returns a token
/// wants it asked; the caller does so after leaving its lock.
///
/// Not safe for threads: [LinearizableReads] guards it.
final class ReadRounds {
  private record Round(
      long token, long askedNanos, Optional<MemberId> leader, List<PendingRead> reads) {}

  private List<PendingRead> joining = new ArrayList<>();
  private Optional<Round> outstanding = Optional.empty();
  private Optional<MemberId> leader = Optional.empty();
  private long nextToken;

  ReadRounds(long firstToken) {
    this.nextToken = firstToken;
  }

  OptionalLong join(PendingRead read, long nowNanos) {
    joining.add(read);
    return askIfIdle(nowNanos);
  }

  /// Takes the reads of the round that was answered; none if it is not the outstanding one.
  List<PendingRead> take(long token) {
    if (outstanding.filter(round -> round.token() == token).isEmpty()) {
      return List.of();
    }
    return takeOutstanding();
  }

  /// The round will not be answered. Its reads fail if they were asked of a leader, and wait for
  /// one otherwise.
  void aborted(long token, LoopTasks tasks) {
    boolean asked =
        outstanding
            .filter(round -> round.token() == token)
            .filter(round -> round.leader().isPresent())
            .isPresent();
    List<PendingRead> reads = take(token);
    if (asked) {
      reads.forEach(read -> read.fail(ReadFailure.LEADER_CHANGED, tasks));
    } else {
      joining.addAll(reads);
    }
  }

  /// Reads asked of another leader fail; those that waited for one are asked now.
  OptionalLong leaderChanged(Optional<MemberId> newLeader, long nowNanos, LoopTasks tasks) {
    if (leader.equals(newLeader)) {
      return OptionalLong.empty();
    }
    leader = newLeader;
    if (newLeader.isEmpty()) {
      return OptionalLong.empty();
    }
    boolean askedOfAnother =
        outstanding
            .flatMap(Round::leader)
            .filter(asked -> !leader.equals(Optional.of(asked)))
            .isPresent();
    if (askedOfAnother) {
      takeOutstanding().forEach(read -> read.fail(ReadFailure.LEADER_CHANGED, tasks));
    } else {
      joining.addAll(takeOutstanding());
    }
    return askIfIdle(nowNanos);
  }

  /// Asks again if the answer is overdue, or for reads that no round covers yet.
  OptionalLong retry(long retryNanos, long nowNanos) {
    if (outstanding.filter(round -> nowNanos - round.askedNanos() >= retryNanos).isPresent()) {
      joining.addAll(takeOutstanding());
    }
    return askIfIdle(nowNanos);
  }

  /// Starts the next round if reads wait for it and none is outstanding.
  OptionalLong askIfIdle(long nowNanos) {
    if (outstanding.isPresent() || joining.isEmpty()) {
      return OptionalLong.empty();
    }
    Round round = new Round(nextToken++, nowNanos, leader, joining);
    joining = new ArrayList<>();
    outstanding = Optional.of(round);
    return OptionalLong.of(round.token());
  }

  void failOverdue(long timeoutNanos, long nowNanos, LoopTasks tasks) {
    joining.removeIf(read -> read.failIfOverdue(timeoutNanos, nowNanos, tasks));
    outstanding.ifPresent(
        round -> round.reads().removeIf(read -> read.failIfOverdue(timeoutNanos, nowNanos, tasks)));
  }

  void failAll(ReadFailure failure, LoopTasks tasks) {
    takeOutstanding().forEach(read -> read.fail(failure, tasks));
    joining.forEach(read -> read.fail(failure, tasks));
    joining.clear();
  }

  private List<PendingRead> takeOutstanding() {
    List<PendingRead> reads = outstanding.map(Round::reads).orElse(List.of());
    outstanding = Optional.empty();
    return reads;
  }
}
