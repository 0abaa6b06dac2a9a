package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import java.util.List;

/// What the member above is told. Called by the thread `raft` only, except [#failed], which any
/// thread may call. Must not block: the next batch waits meanwhile.
public interface RaftListener {
  /// Entries to apply, in index order, each once in a boot, durable on this member. The empty first
  /// entry of a leader is included. Unapplied payload is bounded by `RaftOptions.Limits`.
  void committed(List<Entry> entries);

  /// The state machine is to take over the snapshot that ends with the entry of `marker`, whose
  /// files are durable here, after what was committed before and in place of everything in between.
  /// Reports its index as applied. Nothing more is committed until then; another installation may
  /// follow, and makes this one superfluous.
  void install(SnapshotMarker marker);

  /// A member lags behind the log. Answered with [RaftNode#snapshotReady] once there is a snapshot;
  /// asked again after a while if it is not.
  void snapshotWanted(SnapshotWanted wanted);

  /// The snapshot that was reported ready is to be streamed to the member of the envelope, and then
  /// the envelope to be handed to it. Answered with [RaftNode#snapshotSent], always: nothing else
  /// is sent to that member until then.
  void snapshotOffered(Envelope offer);

  /// The read may run once everything up to `index` is applied.
  void readIndexReady(long token, long index);

  /// No index could be had for the read; it may be asked again under a new token.
  void readIndexAborted(long token);

  /// The proposal is in no log and never will be.
  void proposalRefused(long token, ProposalRefusal refusal);

  /// The role, the term or the leader has changed.
  void statusChanged(RaftStatus status);

  /// The member can promise nothing any more and must halt. Told once; nothing follows it.
  void failed(Throwable cause);
}
