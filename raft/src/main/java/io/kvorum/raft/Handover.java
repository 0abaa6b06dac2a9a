package io.kvorum.raft;

import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.membership.MemberId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A leader's wish to be succeeded by a certain voter (thesis §3.10; raft.md L1-L5).
///
/// While it is pending nothing is appended, so that the successor can catch up; once its log ends
/// where the leader's does, it is told to campaign. Forgotten after an election timeout.
final class Handover {
  private final MemberState state;
  private final Followers followers;
  // Null almost always: no hand-over is pending.
  private @Nullable MemberId target;
  private int elapsedTicks;

  Handover(MemberState state, Followers followers) {
    this.state = state;
    this.followers = followers;
  }

  boolean isPending() {
    return target != null;
  }

  /// Turns to `successor` instead of anybody before, or says why not.
  Optional<ProposalRefusal> begin(MemberId successor) {
    if (successor.equals(state.self()) || !state.configuration().isVoter(successor)) {
      return Optional.of(ProposalRefusal.TRANSFER_TARGET);
    }
    if (!successor.equals(target)) {
      target = successor;
      elapsedTicks = 0;
      acknowledged(successor);
    }
    return Optional.empty();
  }

  void tick() {
    if (target != null && ++elapsedTicks >= state.options().election().timeoutTicks()) {
      target = null;
    }
  }

  /// Another configuration is in force: the successor may have lost its vote (L4).
  void reconfigured() {
    if (target != null && !state.configuration().isVoter(target)) {
      target = null;
    }
  }

  /// Tells the successor to campaign, if it is `member` and its log has caught up (L3).
  void acknowledged(MemberId member) {
    if (member.equals(target) && followers.matchIndex(member) == state.log().lastIndex()) {
      state.send(member, new TimeoutNow(state.log().last()));
    }
  }
}
