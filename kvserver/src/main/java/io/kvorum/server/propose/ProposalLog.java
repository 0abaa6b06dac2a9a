package io.kvorum.server.propose;

import com.google.protobuf.ByteString;
import io.kvorum.raft.EntryKind;

/// Where proposals go: the Raft node, or a fake in tests.
@FunctionalInterface
public interface ProposalLog {
  /// Hands a proposal over without waiting; `token` comes back if it is refused. False if the log's
  /// inbox is full: the proposal is then certainly not done.
  boolean propose(long token, EntryKind kind, ByteString payload);
}
