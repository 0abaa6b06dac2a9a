package io.kvorum.raft.node;

import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import java.util.Optional;

/// What a member was a moment ago. `appliedIndex` is what the applier has reported.
public record RaftStatus(
    MemberId self,
    RoleKind role,
    long term,
    Optional<MemberId> leader,
    long commitIndex,
    long lastIndex,
    long appliedIndex) {}
