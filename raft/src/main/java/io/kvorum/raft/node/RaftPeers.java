package io.kvorum.raft.node;

import io.kvorum.raft.Envelope;

/// The way from a member to the others. Called by the thread `raft` only; must not block.
@FunctionalInterface
public interface RaftPeers {
  /// A member that is alone has nobody to write to.
  RaftPeers NONE = _ -> false;

  /// Sends a message, or loses it; never the offer of a snapshot. Messages to one peer may overtake
  /// each other and, except for forwarded proposals, come twice (raft.md B2).
  ///
  /// @return false if it was lost at once: it will certainly not arrive
  boolean send(Envelope envelope);
}
