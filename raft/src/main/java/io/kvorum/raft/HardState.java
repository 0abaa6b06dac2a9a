package io.kvorum.raft;

import io.kvorum.invariant.Invariant;

/// What a member must know again after a crash, apart from its log. The ballot must be durable
/// before anything is sent that rests on it; the commit index alone needs no fsync (raft.md §3.2).
public record HardState(Ballot ballot, long commitIndex) {
  public static final HardState NONE = new HardState(Ballot.NONE, 0);

  public HardState {
    Invariant.check(commitIndex >= 0, "commit index %d is negative", commitIndex);
  }
}
