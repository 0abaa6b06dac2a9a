package io.kvorum.raft.quorum;

/// Where a vote stands: decided for or against, or open until more members answer.
public enum VoteOutcome {
  WON,
  LOST,
  OPEN
}
