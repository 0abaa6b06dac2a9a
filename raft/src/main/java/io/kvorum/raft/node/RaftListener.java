package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.ProposalRefusal;
import java.util.List;

/// What the member above is told. Called by the thread `raft` only, except [#failed], which any
/// thread may call. Must not block: the next batch waits meanwhile.
public interface RaftListener {
  /// Entries to apply, in index order, each once in a boot, durable on this member. The empty first
  /// entry of a leader is included. Unapplied payload is bounded by `RaftOptions.Limits`.
  void committed(List<Entry> entries);

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
