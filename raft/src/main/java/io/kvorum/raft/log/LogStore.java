package io.kvorum.raft.log;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Persist;
import java.io.IOException;
import java.util.List;

/// Where a member keeps its Raft log. Owned by the thread `log`, except where a method says so.
public interface LogStore extends AutoCloseable {
  /// Executes storage commands in order, all of them durable on return: one write, one sync (W7).
  /// Commands with nothing but a new commit index are written and not synced.
  ///
  /// After any failure the store is poisoned and refuses everything (W8): what the disk holds is
  /// known only after a restart.
  void append(List<Persist> commands) throws IOException;

  /// Reads durable entries of `[fromIndex, toIndexExclusive)` in order: as many as fit `maxBytes`
  /// of payload, and at least one. Any thread. Reads the disk and may take milliseconds.
  ///
  /// @throws DroppedEntriesException if the front of the range is no longer in the log
  List<Entry> read(long fromIndex, long toIndexExclusive, long maxBytes) throws IOException;

  /// Gives up entries up to `index`, as far as whole segments and the newest durable snapshot
  /// marker allow. The state store must hold the effect of `index` durably.
  void dropPrefix(long index) throws IOException;

  /// Says that the log ends here on purpose, and makes it durable.
  @Override
  void close() throws IOException;
}
