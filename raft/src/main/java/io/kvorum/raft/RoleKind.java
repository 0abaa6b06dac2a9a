package io.kvorum.raft;

/// The role of a member as others may know it.
public enum RoleKind {
  FOLLOWER,
  PRE_CANDIDATE,
  CANDIDATE,
  LEADER
}
