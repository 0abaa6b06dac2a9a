package io.kvorum.raft;

/// How far a leader has come with another member's log.
///
/// @param matchIndex the member holds the leader's log up to here, durably
/// @param nextIndex the next entry to be sent
/// @param inFlight appends sent and not answered
/// @param isPaused nothing can be sent before the member answers something
/// @param isRecentlyActive the member was heard since the leader last checked its quorum
public record PeerProgress(
    Mode mode,
    long matchIndex,
    long nextIndex,
    int inFlight,
    boolean isPaused,
    boolean isRecentlyActive) {
  /// How the leader sends (raft.md R1-R4).
  public enum Mode {
    /// Looking for where the logs agree; at most one append under way.
    PROBE,
    /// Logs agree; appends are pipelined within the window.
    REPLICATE,
    /// A snapshot is on its way; no appends.
    SNAPSHOT
  }
}
