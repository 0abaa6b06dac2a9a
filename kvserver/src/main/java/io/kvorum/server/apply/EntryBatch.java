package io.kvorum.server.apply;

import io.kvorum.raft.Entry;
import java.util.ArrayList;
import java.util.List;

/// Cuts drained entries into batches of the store. Where the cuts fall changes no state and no
/// answer.
final class EntryBatch {
  private EntryBatch() {}

  static List<List<Entry>> cut(List<Entry> entries, ApplyLimits limits) {
    List<List<Entry>> batches = new ArrayList<>();
    int from = 0;
    long bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      bytes += entries.get(i).payloadBytes();
      boolean full = i + 1 - from >= limits.batchEntries() || bytes >= limits.batchBytes();
      if (full || i + 1 == entries.size()) {
        batches.add(entries.subList(from, i + 1));
        from = i + 1;
        bytes = 0;
      }
    }
    return batches;
  }
}
