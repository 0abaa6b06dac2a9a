package io.kvorum.raft;

import io.kvorum.raft.RaftMessage.AppendReply;
import org.jspecify.annotations.Nullable;

/// A follower's side of snapshots: takes one over in place of its log, in the order that survives a
/// crash (raft.md §1.8).
///
/// ```
/// offered ──▶ log replaced, marker on its way to the disk ──durable──▶ acknowledged,
///             state machine told to install ──applied──▶ entries are handed out again
/// ```
final class SnapshotInstall {
  /// A snapshot in place of the log, recorded by the storage command `sequence`.
  private record Recording(SnapshotMarker marker, long sequence) {}

  private final MemberState state;
  // Null almost always: nothing is being recorded.
  private @Nullable Recording recording;

  SnapshotInstall(MemberState state) {
    this.state = state;
  }

  /// Takes the snapshot, or as much of it as is news; returns the answer that may leave once that
  /// is durable. One that does not name this member would leave it outside of its own group (S2).
  AppendReply accept(SnapshotMarker offered) {
    long index = offered.id().index();
    long committed = state.commits().committed();
    if (index <= committed || !offered.configuration().members().contains(state.self())) {
      return new AppendReply.Matched(committed);
    }
    if (state.log().holds(offered.id())) {
      state.commits().commitTo(index);
    } else {
      recording = new Recording(offered, state.replaceLog(offered));
    }
    return new AppendReply.Matched(index);
  }

  void persisted(long sequence) {
    if (recording != null && sequence >= recording.sequence()) {
      state.outbox().install(recording.marker());
      recording = null;
    }
  }
}
