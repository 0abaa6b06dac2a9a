package io.kvorum.server.apply;

import io.kvorum.raft.membership.Configuration;

/// Told what was applied, after the store has it. Called by the thread `apply`; must not block.
public interface AppliedListener {
  /// The configuration entry at `index` was applied, or refused, and `configuration` is in force.
  /// Comes before [#applied] reaches that index (raft.md M2).
  void configured(long index, Configuration configuration);

  /// Who belongs to the cluster, or where members are reached, is now as `state` says.
  void membershipChanged(ClusterState state);

  /// Every entry up to `index` was applied.
  void applied(long index);
}
