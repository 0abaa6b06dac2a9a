package io.kvorum.raft;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// What this member is in its current term. Each role's state lives and dies with the object.
///
/// ```
///             timeout              pre-vote won             vote won
///  Follower ───────────▶ PreCandidate ──────────▶ Candidate ─────────▶ Leader
///     ▲                     │ lost                   │ lost               │
///     └─────────────────────┴────────────────────────┴────────────────────┘
///        higher term, a leader of this term, or (Leader) no quorum heard, removed
/// ```
sealed interface Role permits Leader, Role.Electable {
  RoleKind kind();

  /// The member known to lead the term.
  Optional<MemberId> leader();

  /// A role that waits for a leader, and campaigns when its timer is due.
  sealed interface Electable extends Role {
    ElectionTimer timer();
  }

  /// Follows the leader of the term, or waits to hear of one.
  final class Follower implements Electable {
    private final Optional<MemberId> leader;
    private final ElectionTimer timer;
    private final Set<Long> forwardedReads = new LinkedHashSet<>();

    Follower(Optional<MemberId> leader, ElectionTimer timer) {
      this.leader = leader;
      this.timer = timer;
    }

    /// Tokens of the reads that the leader was asked about and has not answered (RI6).
    Set<Long> forwardedReads() {
      return forwardedReads;
    }

    @Override
    public RoleKind kind() {
      return RoleKind.FOLLOWER;
    }

    @Override
    public Optional<MemberId> leader() {
      return leader;
    }

    @Override
    public ElectionTimer timer() {
      return timer;
    }
  }

  /// Asks whether a campaign could be won, without touching term or vote (E3).
  record PreCandidate(VoteTally tally, ElectionTimer timer) implements Electable {
    @Override
    public RoleKind kind() {
      return RoleKind.PRE_CANDIDATE;
    }

    @Override
    public Optional<MemberId> leader() {
      return Optional.empty();
    }
  }

  /// Campaigns for its own term (E4).
  record Candidate(VoteTally tally, ElectionTimer timer) implements Electable {
    @Override
    public RoleKind kind() {
      return RoleKind.CANDIDATE;
    }

    @Override
    public Optional<MemberId> leader() {
      return Optional.empty();
    }
  }
}
