package io.kvorum.server.cluster;

import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import java.util.Optional;
import java.util.function.Supplier;

/// What a member believes about its role, as the test sets it.
final class Statuses implements Supplier<RaftStatus> {
  private final MemberId self;
  private RaftStatus now;

  Statuses(MemberId self) {
    this.self = self;
    this.now = status(RoleKind.FOLLOWER, 0, Optional.empty());
  }

  void lead(long term) {
    now = status(RoleKind.LEADER, term, Optional.of(self));
  }

  void leadWithLog(long term, long lastIndex) {
    now =
        new RaftStatus(
            self, RoleKind.LEADER, term, Optional.of(self), lastIndex, lastIndex, lastIndex);
  }

  void follow(MemberId leader, long term) {
    now = status(RoleKind.FOLLOWER, term, Optional.of(leader));
  }

  void loseLeader(long term) {
    now = status(RoleKind.FOLLOWER, term, Optional.empty());
  }

  @Override
  public RaftStatus get() {
    return now;
  }

  private RaftStatus status(RoleKind role, long term, Optional<MemberId> leader) {
    return new RaftStatus(self, role, term, leader, 0, 0, 0);
  }
}
