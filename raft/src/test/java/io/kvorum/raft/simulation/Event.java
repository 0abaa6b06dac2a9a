package io.kvorum.raft.simulation;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.Ready.LogRead;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.membership.MemberId;

/// What can be due. Events of a process are void once that process is gone.
sealed interface Event {
  /// Happens to one running process, and waits while that process is paused.
  sealed interface OfProcess extends Event {
    MemberProcess process();
  }

  record Tick(MemberProcess process) implements OfProcess {}

  /// The write under way is done.
  record DiskDone(MemberProcess process) implements OfProcess {}

  record Apply(MemberProcess process) implements OfProcess {}

  /// The state machine's memory goes to its files.
  record Flush(MemberProcess process) implements OfProcess {}

  record ReadLog(MemberProcess process, LogRead read) implements OfProcess {}

  record TakeCheckpoint(MemberProcess process, SnapshotWanted wanted) implements OfProcess {}

  /// Nothing listens any more where `peer` was.
  record PeerGone(MemberProcess process, MemberId peer) implements OfProcess {}

  record Deliver(Envelope envelope, long sentMicros) implements Event {}

  record StreamEnd(SnapshotStream stream) implements Event {}

  record Restart(Host host) implements Event {}

  /// A pause is over: what waited for that happens now.
  record Resume(Host host) implements Event {}

  record ClientTurn() implements Event {}

  record FaultTurn(Fault fault) implements Event {}

  /// The cut number `cut` ends.
  record Heal(long cut) implements Event {}
}
