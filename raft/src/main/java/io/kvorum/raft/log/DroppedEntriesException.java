package io.kvorum.raft.log;

import java.io.IOException;

/// The wanted entries were given up by [LogStore#dropPrefix]; a snapshot holds their effect.
public final class DroppedEntriesException extends IOException {
  public DroppedEntriesException(long wantedIndex, long firstIndex) {
    super("entry " + wantedIndex + " was dropped, the log starts at " + firstIndex);
  }
}
